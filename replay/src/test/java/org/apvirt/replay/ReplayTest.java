// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.List;
import java.util.Random;

import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReplayTest {
    private static final String FULL_MASK = "0x" + "f".repeat(64);
    private static final String HEAD = """
            name: test
            level: linux-6.12
            hardware: {adapters: {5: {type: 11, mode: C}}, domains: [4, 71]}
            steps:
            """;

    private static Replay.Result replay(String steps) throws FileFormatException {
        return Replay.run(Scenario.parse(HEAD + steps, "s.yaml"), null);
    }

    private static String firstDifference(String steps) throws FileFormatException {
        Replay.Result result = replay(steps);
        assertEquals(1, result.disagreements().size(), result.toString());
        return result.disagreements().get(0).difference().toString();
    }

    /** Forms of paths, of descriptors and of module parameters that no recording asks in this way. */
    @Test
    void whatTheKernelWouldSayToOddPathsDescriptorsAndModules() throws FileFormatException {
        Replay.Result result = replay("""
                - {op: read, path: "", result: {err: ENOENT, at: open}}
                - {op: read, path: /sys/bus/ap/apmask/., result: {err: ENOTDIR, at: open}}
                - {op: write, path: /sys/bus/ap/apmask/.., data: "1", result: {err: ENOTDIR, at: open}}
                - {op: read, path: /sys/bus/ap/drivers/../devices/, result: {err: EISDIR, at: read}}
                - {op: read, path: /dev/vfio/vfio, result: {err: EINVAL, at: read}}
                - {op: write, path: /dev/vfio, data: "1", result: {err: EISDIR, at: open}}
                - {op: link, path: /sys/bus/ap/devices/card05/, result: err EINVAL}
                - {op: raw, call: open, req: "o 2f7379732f6275732f61702f6170646f6d61696e 0", result: err ENOENT}
                - {op: raw, call: open apmask, req: "o 2f7379732f6275732f61702f61706d61736b 0", result: ok 1}
                - {op: raw, call: read, req: "r 1 3", result: ok 3 307866}
                - {op: raw, call: write, req: "w 1 30", result: err EBADF}
                - {op: raw, call: ioctl, req: "i 1 0x5401 n0", result: err ENOTTY}
                - {op: raw, call: close, req: "c 1", result: ok}
                - {op: insmod, module: rng_core, params: "", result: ok}
                - {op: insmod, module: rng_core, params: "x", result: err EEXIST}
                - {op: insmod, module: mdev, params: "a.b -- c", result: ok,
                   uevents: [["add@/bus/mdev", "ACTION=add", "DEVPATH=/bus/mdev", "SUBSYSTEM=bus"],
                             ["add@/module/mdev", "ACTION=add", "DEVPATH=/module/mdev", "SUBSYSTEM=module"]],
                   kmsg: ["mdev: unknown parameter 'a.b' ignored", "mdev: parameters 'c' after `--' ignored"]}
                - {op: write, path: /sys/module/mdev/uevent, data: "remove", result: {ok: 6},
                   uevents: [["remove@/module/mdev", "ACTION=remove", "DEVPATH=/module/mdev", "SUBSYSTEM=module",
                              "SYNTH_UUID=0"]]}
                - {op: rmmod, module: mdev, result: ok,
                   uevents: [["remove@/bus/mdev", "ACTION=remove", "DEVPATH=/bus/mdev", "SUBSYSTEM=bus"]]}
                - {op: rmmod, module: rng-core, result: err ENOENT}
                """);

        assertEquals(List.of(), result.disagreements());
        assertEquals(19, result.total());
    }

    @Nested
    class Comparing {
        @Test
        void aRightAnswerAgrees() throws FileFormatException {
            Replay.Result result = replay(
                    "- {op: read, path: /sys/bus/ap/apmask, result: {data: \"" + FULL_MASK + "\\n\"}}\n");

            assertEquals(1, result.agree());
            assertEquals(1, result.total());
        }

        @Test
        void aWrongTextIsShownWithBothSides() throws FileFormatException {
            assertEquals("""
                    result.data
                      recorded "5\\n"
                      answered "4\\n\"""", firstDifference(
                    "- {op: read, path: /sys/bus/ap/ap_domain, result: {data: \"5\\n\"}}\n"));
        }

        @Test
        void aWrongErrnoIsADifference() throws FileFormatException {
            assertEquals("""
                    result.err
                      recorded "EACCES"
                      answered "ENOENT\"""", firstDifference(
                    "- {op: read, path: /sys/bus/ap/nothing, result: {err: EACCES, at: open}}\n"));
        }

        @Test
        void anEventThatTheFileDoesNotHaveIsADifference() throws FileFormatException {
            String difference = firstDifference("""
                    - {op: insmod, module: rng-core, result: ok}
                    - {op: write, path: /sys/bus/ap/apmask, data: "-5", result: {ok: 2}}
                    """);

            assertTrue(difference.startsWith("uevents[0]\n  recorded nothing\n  answered [\"change@/devices/ap\""),
                    difference);
        }

        @Test
        void anEventThatDoesNotComeIsADifference() throws FileFormatException {
            assertEquals("""
                    uevents[0]
                      recorded ["add@/devices/ap/card07", "ACTION=add"]
                      answered nothing""", firstDifference("""
                    - {op: insmod, module: rng-core, result: ok}
                    - {op: scan, result: {ok: 1}, uevents: [["add@/devices/ap/card07", "ACTION=add"]]}
                    """));
        }

        @Test
        void aResetThatTheFileDoesNotHaveIsADifference() throws FileFormatException {
            String difference = firstDifference("""
                    - {op: hw, change: [[add_domain, 9]], result: null}
                    - {op: scan, result: {ok: 1}}
                    """);

            assertEquals("""
                    pqap[0]
                      recorded nothing
                      answered [1, "05.0009", 0]""", difference);
        }

        @Test
        void anEntryMissingFromATreeIsADifference() throws FileFormatException {
            assertEquals("""
                    result[1]
                      recorded ["d", "0755", "/sys/bus/ap/drivers/nobody"]
                      answered nothing""", firstDifference("""
                    - {op: tree, path: /sys/bus/ap/drivers,
                       result: [[d, "0755", /sys/bus/ap/drivers], [d, "0755", /sys/bus/ap/drivers/nobody]]}
                    """));
        }

        @Test
        void aStepWithoutResultIsDoneButNotCompared() throws FileFormatException {
            Replay.Result result = replay("""
                    - {op: write, path: /sys/bus/ap/ap_domain, data: "71"}
                    - {op: read, path: /sys/bus/ap/ap_domain, result: {data: "71\\n"}}
                    """);

            assertEquals(1, result.total());
            assertEquals(1, result.agree());
        }
    }

    @Nested
    class Running {
        @Test
        void theTimerScanRunsOutInASleepStepOnly() throws FileFormatException {
            Replay.Result result = replay("""
                    - {op: write, path: /sys/bus/ap/config_time, data: "5", result: {ok: 1}}
                    - {op: hw, change: [[add_domain, 9]], result: null}
                    - {op: read, path: /sys/bus/ap/devices/05.0009/config, result: {err: ENOENT, at: open}}
                    - {op: sleep, ms: 5100, result: null}
                    - {op: read, path: /sys/bus/ap/devices/05.0009/config, result: {data: "1\\n"}}
                    """);

            assertEquals(result.total(), result.agree(), result.toString());
            assertEquals(3, result.total());
        }

        @Test
        void lszcryptCountsAsNotRunAndOtherProgramsDoNotCount() throws FileFormatException {
            Replay.Result result = replay("""
                    - {op: sh, cmd: "lszcrypt -V", result: {status: 0, killed: 0, out: ""}}
                    - {op: sh, cmd: "uname -a; lszcrypt", result: {status: 0, killed: 0, out: ""}}
                    - {op: sh, cmd: "dmesg", result: {status: 0, killed: 0, out: ""}}
                    """);

            assertEquals(2, result.notRun());
            assertEquals(0, result.total());
        }

        @Test
        void afterChzcryptNothingCanBeCompared() throws FileFormatException {
            Replay.Result result = replay("""
                    - {op: sh, cmd: "chzcrypt -d 5", result: {status: 0, killed: 0, out: ""}}
                    - {op: read, path: /sys/bus/ap/ap_domain, result: {data: "4\\n"}}
                    """);

            assertEquals(2, result.notRun());
            assertEquals(0, result.total());
        }

        @Test
        void aScenarioWithoutLevelNeedsTheOption() throws FileFormatException {
            Scenario scenario = Scenario.parse("hardware: {}\nsteps: []\n", "s.yaml");

            assertEquals("s.yaml: names no level (add for example \"level\": \"linux-6.12\", or use --level)",
                    assertThrows(FileFormatException.class, () -> Replay.run(scenario, null)).getMessage());
            assertEquals(0, Replay.run(scenario, Level.SEED).total());
        }

        @Test
        void atSeedBindingByHandNeedsNoMasks() throws FileFormatException {
            Scenario scenario = Scenario.parse(HEAD + """
                    - {op: insmod, module: rng-core}
                    - {op: insmod, module: zcrypt}
                    - {op: insmod, module: zcrypt_cex4}
                    - {op: insmod, module: mdev}
                    - {op: insmod, module: vfio_ap}
                    - {op: write, path: /sys/bus/ap/drivers/cex4queue/unbind, data: "05.0004"}
                    - {op: write, path: /sys/bus/ap/drivers/vfio_ap/bind, data: "05.0004"}
                    - {op: read, path: /sys/bus/ap/devices/05.0004/status, result: {data: "unassigned\\n"}}
                    """, "s.yaml");

            assertEquals(1, Replay.run(scenario, Level.SEED).agree());
            assertEquals(0, Replay.run(scenario, Level.LINUX_6_12).agree());
        }
    }

    @Nested
    class Reading {
        private static String errorOf(String text) {
            return String.valueOf(
                    assertThrows(FileFormatException.class, () -> Scenario.parse(text, "s.yaml")).getMessage());
        }

        @Test
        void anUnknownOperationNamesThoseThereAre() {
            assertEquals("s.yaml:5:8: unknown op 'wirte' (use one of: write, read, tree, link, scan, hw, state, insmod,"
                    + " rmmod, sh, sleep, write_async, raw)", errorOf(HEAD + "- {op: wirte, path: /x}\n"));
        }

        @Test
        void aKeyOfAnotherOperationIsAnError() {
            assertTrue(errorOf(HEAD + "- {op: read, path: /x, data: y}\n")
                    .startsWith("s.yaml:5:24: unknown key 'data' in a read step (use one of: "));
        }

        @Test
        void aStepWithoutItsOperandIsAnError() {
            assertEquals("s.yaml:5:3: the write step has no 'data'", errorOf(HEAD + "- {op: write, path: /x}\n"));
        }

        @Test
        void aRelativePathIsAnError() {
            assertEquals("s.yaml:5:20: path 'sys' is not absolute (use /sys/... or /dev/...)",
                    errorOf(HEAD + "- {op: read, path: sys}\n"));
        }

        @Test
        void aChangeWithTooFewOperandsIsAnError() {
            assertEquals("s.yaml:5:21: 'del_adapter' takes 1 operands, not 0",
                    errorOf(HEAD + "- {op: hw, change: [[del_adapter]]}\n"));
        }

        @Test
        void answersOfAnotherFormAreErrors() {
            assertEquals("s.yaml:5:31: an instruction is [function code, queue, response code], for example [1,"
                    + " \"05.0004\", 0]", errorOf(HEAD + "- {op: scan, result: , pqap: [[1, 05.0004]]}\n"));
            assertEquals("s.yaml:5:23: uevents must be a list, for example [1, 2]",
                    errorOf(HEAD + "- {op: scan, uevents: x}\n"));
        }

        @Test
        void whatTheMachineCannotDoNamesTheLine() throws FileFormatException {
            Scenario scenario = Scenario.parse(HEAD + "- {op: hw, change: [[adapter, 9, config, false]]}\n", "s.yaml");

            assertEquals("s.yaml:5: the machine has no adapter 9",
                    assertThrows(FileFormatException.class, () -> Replay.run(scenario, null)).getMessage());
        }

        /** Whatever the bytes: a result, or one line that begins with the name of the file. */
        @Test
        void brokenTextNeverEndsInAnotherException() {
            String whole = HEAD + """
                    - {op: hw, change: [[del_adapter, 5], [add_domain, 9]], result: null}
                    - {op: scan, result: {ok: 1}, uevents: [[a, b]], pqap: [[1, 05.0004, 0]], kmsg: [x]}
                    - {op: tree, path: /sys/bus/ap/drivers, result: [[d, "0755", /sys/bus/ap/drivers]]}
                    - {op: raw, req: "o 2f6465762f6b766d 2", result: ok 1}
                    - {op: state, result: {}}
                    """;
            Random random = new Random(11);
            for (int round = 0; round < 400; round++) {
                StringBuilder text = new StringBuilder(whole);
                for (int change = 0; change < 1 + random.nextInt(3); change++) {
                    int at = random.nextInt(text.length());
                    switch (random.nextInt(3)) {
                        case 0 -> text.setCharAt(at, (char) (' ' + random.nextInt(95)));
                        case 1 -> text.insert(at, (char) (' ' + random.nextInt(95)));
                        default -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(5)));
                    }
                }
                try {
                    assertTrue(Replay.run(Scenario.parse(text.toString(), "fuzz"), Level.SEED).total() >= 0);
                } catch (FileFormatException e) {
                    String message = String.valueOf(e.getMessage());
                    assertEquals(1, message.lines().count(), text::toString);
                    assertEquals("fuzz:", message.substring(0, 5), text::toString);
                }
            }
        }

        @Test
        void anUnknownHardwareKeyIsAnError() {
            assertTrue(errorOf("hardware: {adaptors: {}}\nsteps: []\n")
                    .startsWith("s.yaml:1:12: unknown key 'adaptors' in hardware (use one of: "));
        }
    }
}

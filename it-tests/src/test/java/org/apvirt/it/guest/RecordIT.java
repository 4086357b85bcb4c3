// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.cli.Apvirt;
import org.apvirt.host.Level;
import org.apvirt.it.Programs;
import org.apvirt.record.KernelImage;
import org.apvirt.record.Recorder;
import org.apvirt.replay.Recording;
import org.apvirt.replay.RecordingComparison;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Scenarios recorded in stock kernels, held against other recordings and against our own answers. */
class RecordIT {
    private static final Path RECORDINGS = Path.of("recordings/linux-6.12");

    @TempDir
    private Path directory;

    private final List<String> log = new ArrayList<>();

    private static Path guest(String suite) throws Exception {
        Programs.require("qemu.required", Programs.isInstalled("qemu-system-s390x"),
                "qemu-system-s390x is missing: apt-get install qemu-system-misc");
        Programs.require("qemu.required", Recorder.class.getResource("agent-linux-s390x") != null,
                "the recorder was not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        Programs.Output image = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-guest").toString(), suite));
        Programs.require("qemu.required", image.status() == 0, image.text());
        return Path.of(image.lastLine());
    }

    private Recorder recorder(String suite, String... modules) throws Exception {
        List<String> load = List.of(modules);
        Path guest = guest(suite);
        return new Recorder(new KernelImage(guest.resolve("vmlinuz"), guest.resolve("initrd.gz"), null, load,
                "qemu-system-s390x", "", 120), log::add);
    }

    private static void assertAgree(Replay.Result result, int answers) {
        assertEquals(List.of(), result.disagreements().stream()
                .map(it -> it.step().action() + " " + it.difference()).toList());
        assertEquals(answers, result.agree());
    }

    @Test
    void theSameKernelGivesTheSameAnswersToTwoRecorders() throws Exception {
        Path golden = RECORDINGS.resolve("a30_debian_kernel.json");

        Recording recording = recorder("trixie").record(golden);
        Scenario recorded = Scenario.parse(recording.text(), "recorded");

        assertEquals(Level.LINUX_6_12, recorded.level());
        assertAgree(RecordingComparison.compare(recording.scenario(), recorded), 6);
        assertAgree(Replay.run(recorded, null), 6);
        assertTrue(recording.text().contains("lszcrypt") && recording.text().contains("cex4queue"), recording.text());
    }

    @Test
    void everyKindOfStepIsRecordedAsTheReplayAnswersIt() throws Exception {
        Path scenario = Files.writeString(directory.resolve("steps.yaml"), """
                name: every kind of step
                hardware: {adapters: {5: {type: 11, mode: C}, 6: {type: 11, mode: A}}, domains: [4, 71]}
                steps:
                - {op: write, path: /sys/bus/ap/config_time, data: "120"}
                - {op: insmod, module: rng-core}
                - {op: insmod, module: zcrypt}
                - {op: insmod, module: zcrypt_cex4}
                - {op: insmod, module: zcrypt_cex4}
                - {op: insmod, module: vfio_ap}
                - {op: read, path: /sys/bus/ap/bindings}
                - {op: read, path: /sys/bus/ap/nothing}
                - {op: link, path: /sys/bus/ap/devices/card05}
                - {op: link, path: /sys/bus/ap/bindings}
                - {op: hw, change: [[add_adapter, 7, {type: 14, mode: P}], [del_domain, 71]]}
                - {op: scan, state: {}}
                - {op: tree, path: /sys/devices/ap}
                - {op: write, path: /sys/bus/ap/apmask, data: "-5,-7", state: {}}
                - {op: write, path: /sys/bus/ap/apmask, data: "300"}
                - {op: write, path: /sys/devices/ap/card06/online, data: "0"}
                - {op: write, path: /sys/devices/ap/card06/config, data: "0"}
                - {op: hw, change: [[adapter, 6, config, false], [adapter, 5, chkstop, true]]}
                - {op: scan}
                - {op: sleep, ms: 20}
                - {op: write_async, path: /sys/bus/ap/drivers/cex4queue/unbind, data: 06.0004}
                - {op: raw, call: open, req: o 2f6465762f7a39306372797074 2}
                - {op: raw, call: "Z90STAT_STATUS_MASK", req: i 1 0x40047a58 n0}
                - {op: raw, call: close, req: c 1}
                - {op: sh, cmd: "echo to you; exit 5"}
                - {op: rmmod, module: zcrypt}
                - {op: rmmod, module: zcrypt_cex4}
                - {op: state}
                """);

        Recording recording = recorder("trixie").leavingOutMissingModules().record(scenario);
        Scenario recorded = Scenario.parse(recording.text(), "recorded");

        assertTrue(log.contains("module rng_core is built in: its steps are left out"), log.toString());
        assertTrue(log.contains("module vfio_ap is missing: its steps are left out"), log.toString());
        assertTrue(recording.text().contains("{\"status\": 5, \"killed\": 0, \"out\": \"to you\\n\"}"),
                recording.text());
        assertTrue(recording.text().contains("[1, \"05.0004\", 0]"), recording.text());
        assertAgree(Replay.run(recorded, null), 21);
    }

    /** TCG has neither SIE nor PLO, which kvm asks for; vfio_ap needs kvm, and a guest's matrix needs a virtual machine. */
    @Test
    void kvmLoadsInAGuestThatTcgRunsAndMakesAVirtualMachine() throws Exception {
        Path scenario = Files.writeString(directory.resolve("kvm.yaml"), """
                hardware: {adapters: {5: {type: 11, mode: C}}, domains: [4]}
                steps:
                - {op: raw, call: open kvm, req: o 2f6465762f6b766d 2}
                - {op: raw, call: KVM_CREATE_VM, req: i 1 0xae01 f0}
                """);

        Scenario recorded = Scenario.parse(recorder("trixie", "kvm").record(scenario).text(), "recorded");

        assertEquals(List.of("ok 1", "ok 2"),
                recorded.steps().stream().map(step -> step.expected().get("result")).toList());
    }

    @Test
    void whatIsNotThereIsNamedBeforeAnythingIsDone() throws Exception {
        Path guest = guest("trixie");
        Path scenario = Files.writeString(directory.resolve("s.yaml"), """
                level: linux-6.12
                hardware: {}
                steps:
                - {op: insmod, module: zcrypt}
                - {op: insmod, module: vfio_ap}
                """);
        StringWriter err = new StringWriter();

        int status = Apvirt.commandLine().setErr(new PrintWriter(err)).execute("record", "--kernel",
                guest.resolve("vmlinuz").toString(), "--initrd", guest.resolve("initrd.gz").toString(),
                scenario.toString());

        assertEquals(2, status);
        assertTrue(
                err.toString().contains("apvirt record: " + scenario + ":5: module vfio_ap is neither in Linux 6.12"),
                err.toString());
    }
}

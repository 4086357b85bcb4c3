// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A program under {@code apvirt exec} never meets the real machine's AP bus, and changes nothing of the real machine. */
@Timeout(120)
class ExecSafetyIT {
    /** Says each thing that is wrong, a line each: a real bus, what can be written, a disk that can be opened. */
    private static final String LOOK = """
            ls /sys/bus 2>/dev/null | grep -v -x -e ap -e mdev -e matrix | sed 's/^/real bus /'
            find /sys -type f -writable -not -path '/sys/bus/*' -not -path '/sys/devices/ap/*' -not -fstype fuse.apvirt 2>/dev/null \
                | grep -E '^/sys/(fs|firmware|hypervisor|power|devices/system|kernel)/' | sed 's/^/writable /' | head -n 5
            for disk in $(find /dev -type b 2>/dev/null); do
                (exec 3<$disk) 2>/dev/null && echo "readable $disk"
                (exec 3>>$disk) 2>/dev/null && echo "writable $disk"
            done
            for node in /dev/mem /dev/port /dev/kmsg /dev/nvram /dev/rtc0 /dev/net/tun /dev/loop-control; do
                [ -e $node ] && (exec 3>>$node) 2>/dev/null && echo "writable $node"
            done
            """;

    @TempDir
    private Path directory;
    private Path machine;

    @BeforeAll
    static void needsFuse() {
        ExecutedProgram.requireFuse();
    }

    @BeforeEach
    void writeMachine() throws Exception {
        machine = Files.writeString(directory.resolve("machine.yaml"), """
                level: linux-6.12
                adapters: {5: CEX5C}
                usage-domains: [4]
                """);
    }

    private static void assumeRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: others have no right to do harm");
    }

    /** Starts a script of bash with one argument, $1. */
    private Process start(Path in, String script, String argument, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("exec"));
        words.addAll(List.of(options));
        words.addAll(List.of(machine.toString(), "--", "bash", "-c", script, "bash", argument));
        return new ProcessBuilder(ExecutedProgram.apvirt(words.toArray(String[]::new))).directory(in.toFile()).start();
    }

    private static Said end(Process process) throws Exception {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return new Said(process.exitValue(), out, err);
    }

    private String out(String script, String... options) throws Exception {
        Said said = ExecutedProgram.bash(machine, script, options);
        assertEquals(0, said.status(), said::toString);
        return said.out();
    }

    private Stream<ProcessHandle> servers() {
        return Programs.processes("serve-namespace " + machine).stream();
    }

    private static void await(Path file) throws Exception {
        for (int i = 0; !Files.exists(file); i++) {
            assertTrue(i < 600, () -> "no " + file + " in 30 s");
            Thread.sleep(50);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"the program", "TERM", "INT", "KILL"})
    void whateverEndsFirstWhatIsLeftSeesNothingOfTheRealMachine(String first) throws Exception {
        Path found = directory.resolve("found");
        Path go = directory.resolve("go");
        // Outlives the program, in a session of its own, as a daemon does.
        String child = "while [ ! -e " + go + " ]; do sleep 0.05; done\n{\n" + LOOK
                + "echo looked; ls /sys/bus 2>&1; } >"
                + found + ".part; mv " + found + ".part " + found;
        Process program = start(directory,
                "setsid bash -c \"$1\" >/dev/null 2>&1 </dev/null & echo started; read line", child);
        assertEquals("started", program.inputReader().readLine());
        List<ProcessHandle> servers = servers().toList();
        assertEquals(1, servers.size(), servers::toString);
        if (first.equals("the program")) {
            program.getOutputStream().close();
            assertTrue(program.waitFor(20, TimeUnit.SECONDS));
        } else {
            Programs.run(List.of("kill", "-" + first, Long.toString(servers.get(0).pid())));
        }
        boolean lives = first.equals("INT"); // Ctrl-C is not for what a shell has started in the background
        if (!lives) {
            servers.get(0).onExit().get(20, TimeUnit.SECONDS);
        }
        Files.createFile(go);
        await(found);
        assertEquals("looked\n"
                + (lives ? "ap\n" : "ls: cannot access '/sys/bus': Transport endpoint is not connected\n"),
                Files.readString(found).replace("matrix\n", "").replace("mdev\n", ""));
        program.getOutputStream().close();
        end(program);
    }

    @Test
    void nothingOfTheRealMachineCanBeWritten() throws Exception {
        assertEquals("looked\n", out(LOOK + "echo looked"));
    }

    @Test
    void rootHasNoWayToTheHardwareAroundTheFiles() throws Exception {
        assumeRoot();
        assertEquals("mknod: Operation not permitted\n00\n", out("""
                mknod disk b 254 0 2>&1 | sed 's/.*: /mknod: /'
                bounding=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
                printf '%02x\n' $((0x$bounding & (1 << 16 | 1 << 17 | 1 << 22 | 1 << 27)))
                """.replace("disk", directory.resolve("disk").toString())));
    }

    @Test
    void underTheCoversLiesNoDevice() throws Exception {
        assumeRoot();
        assertEquals("no bus\n0 disks\n", out("""
                umount -l /sys
                [ ! -e /sys/bus ] && [ ! -e /sys/devices ] && ! mountpoint -q /sys/fs && echo no bus
                umount -l /sys /dev
                echo $(find /dev -type b | wc -l) disks
                """));
    }

    @Test
    void theMountTableTellsWhereSysfsIs() throws Exception {
        assertEquals("/sys\n", out("awk '$3 == \"sysfs\" { print $2; exit }' /proc/mounts"));
    }

    @Test
    void theServerHoldsNoWayToIt() throws Exception {
        assertEquals("", out("server=$(pgrep -f 'serve-namespace " + machine + "' | tail -n 1)\n"
                + "ls /proc/$server/cwd/bus/cpu /proc/$server/root/sys/bus/cpu /proc/$server/fd/*/bus/cpu 2>/dev/null || true"));
    }

    @Test
    void anOptionLeavesTheHostWritable() throws Exception {
        assumeRoot();
        assertEquals("rw\nCapBnd is that of outside\n", out("""
                grep -o ' /sys/kernel/[^ ]* rw' /proc/self/mountinfo | head -n 1 | sed 's/.* //'
                [ $(sed -n 's/^CapBnd:\t//p' /proc/self/status) = BOUNDING ] && echo CapBnd is that of outside
                """.replace("BOUNDING", Files.readString(Path.of("/proc/self/status"))
                .replaceAll("(?s).*CapBnd:\t([0-9a-f]+).*", "$1")), "--host-writable"));
    }

    @Test
    void aDirectoryThatIsCoveredIsEnteredAnew() throws Exception {
        Process inBus = start(Path.of("/sys/bus"), "ls -d ap cpu 2>&1; pwd; echo ${OLDPWD-none}", "");
        assertEquals(new Said(0, """
                ls: cannot access 'cpu': No such file or directory
                ap
                /sys/bus
                """ + System.getenv().getOrDefault("OLDPWD", "none") + "\n", ""), end(inBus));
        Process inCpu = start(Path.of("/sys/bus/cpu"), "echo not reached", "");
        assertEquals(new Said(1, "", "apvirt exec: there is no /sys/bus/cpu on the simulated machine;"
                + " start it in another directory\n"), end(inCpu));
    }

    @Test
    void aFileThatIsMountedInEtcIsSeenAndNotWritten() throws Exception {
        assumeRoot();
        Path mounted = Files.writeString(directory.resolve("mounted"), "of the container\n");
        List<String> words = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c",
                "mount --bind \"$0\" /etc/passwd && exec \"$@\"", mounted.toString()));
        words.addAll(ExecutedProgram.apvirt("exec", machine.toString(), "--", "bash", "-c",
                "cat /etc/passwd; (echo mine >>/etc/passwd) 2>&1 | sed 's/.*: //'"));
        assertEquals("of the container\nRead-only file system\n", Programs.run(words).text());
    }

    @Test
    void argumentsBelongToTheProgram() throws Exception {
        Said said = ExecutedProgram.run(Map.of(), "exec", machine.toString(), "--", "printf", "%s,", "@foo", "",
                "--shell", "a b", "é", "--");
        assertEquals(new Said(0, "@foo,,--shell,a b,é,--,", ""), said);
    }

    @Test
    void argumentsArriveByteByByteWhateverTheLocale() throws Exception {
        List<String> words = new ArrayList<>(List.of("bash", "-c",
                "LC_ALL=C exec \"$@\" -- printf %s $'\\xe9\\xff\\xc3\\xa9'", "bash"));
        words.addAll(ExecutedProgram.apvirt("exec", machine.toString()));
        Process process = new ProcessBuilder(words).start();
        assertEquals("\u00e9\u00ff\u00c3\u00a9",
                new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
    }

    @Nested
    class Refusals {
        private void assertRefused(int status, String line, Map<String, String> environment, String... program)
                throws Exception {
            List<String> words = new ArrayList<>(List.of("exec", machine.toString(), "--"));
            words.addAll(List.of(program));
            assertEquals(new Said(status, "", line + "\n"),
                    ExecutedProgram.run(environment, words.toArray(String[]::new)));
        }

        @Test
        void aProgramThatIsNotThereIs127AndOneThatMayNotRunIs126() throws Exception {
            assertRefused(127, "apvirt exec: nosuchprog: not found", Map.of(), "nosuchprog");
            assertRefused(126, "apvirt exec: " + machine + ": permission denied", Map.of(), machine.toString());
        }

        @Test
        void aMachineInAMachineIsOneLine() throws Exception {
            assertRefused(1, "apvirt exec: a simulated machine is over /sys already; start this outside of it",
                    Map.of(),
                    ExecutedProgram.apvirt("exec", machine.toString(), "--", "true").toArray(String[]::new));
        }

        @Test
        void aServerThatIsKilledBeforeItIsReadyIsOneLine() throws Exception {
            Process program = start(directory, "echo not reached", "");
            while (servers().findAny().isEmpty()) {
                assertTrue(program.isAlive());
                Thread.onSpinWait();
            }
            servers().forEach(ProcessHandle::destroyForcibly);
            Said said = end(program);
            assertEquals("apvirt exec: the server of the machine ended before it was ready\n", said.err());
            assertEquals(1, said.status());
            assertEquals("", said.out());
        }

        @Test
        void whatSomebodyElseHasMadeInOurPlaceDoesNotBlock() throws Exception {
            Path hostile = Files.createDirectory(directory.resolve("run"));
            Object uid = Files.getAttribute(directory, "unix:uid");
            Files.createFile(hostile.resolve("apvirt-" + uid));
            Said said = ExecutedProgram.run(Map.of("XDG_RUNTIME_DIR", hostile.toString()), "exec", machine.toString(),
                    "--", "sh", "-c", "echo $APVIRT_CTL");
            assertTrue(said.out().startsWith(hostile + "/apvirt-" + uid + "-"), said::toString);
            assertEquals("", said.err());
        }
    }
}

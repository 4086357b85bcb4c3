// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@code apvirt exec}, {@code mount} and {@code ctl} as processes of their own. */
@Timeout(120)
class ExecIT {
    @TempDir
    Path directory;
    private Path machine;

    @BeforeAll
    static void needsFuse() {
        ExecutedProgram.requireFuse();
    }

    @BeforeEach
    void writeMachine() throws Exception {
        machine = directory.resolve("machine.yaml");
        Files.writeString(machine, """
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47]
                """);
    }

    private String out(String script, String... options) throws Exception {
        Said said = ExecutedProgram.bash(machine, script, options);
        assertEquals(0, said.status(), said::toString);
        return said.out();
    }

    @Nested
    class TheProgram {
        @Test
        void seesTheSimulatedMachineAsSys() throws Exception {
            assertEquals("CEX5C\n../../../devices/ap/card05/05.0047\n",
                    out("cat /sys/devices/ap/card05/type; readlink /sys/bus/ap/devices/05.0047"));
        }

        @Test
        void seesOfTheRealSysWhatIsNotSimulated() throws Exception {
            assertEquals("cpu\nmm\n", out("ls -d /sys/devices/system/cpu /sys/kernel/mm | xargs -n1 basename"));
        }

        /** As libvirt does for a guest with a mediated device; but for other limits what the kernel says holds. */
        @Test
        void mayRaiseTheLimitOfLockedMemory() throws Exception {
            assertEquals("0 0 0\n", out("""
                    ulimit -l unlimited; first=$?
                    prlimit --pid $$ --memlock=1342177280:1342177280; second=$?
                    ulimit -S -n 16; ulimit -l >/dev/null; echo $first $second $(($(ulimit -S -n) - 16))
                    """));
        }

        @Test
        void changesEtcForItselfOnly() throws Exception {
            assertEquals("mine\n", out("echo mine >/etc/apvirt-it-test; cat /etc/apvirt-it-test"));
            assertFalse(Files.exists(Path.of("/etc/apvirt-it-test")));
        }

        @Test
        void seesTheDeviceNodesOfTheMachineAndCannotOpenThem() throws Exception {
            assertEquals("""
                    character special file
                    Permission denied
                    /dev/vfio/0
                    gone
                    still there
                    """, out("""
                    stat -c %F /dev/z90crypt
                    cat /dev/z90crypt 2>&1 | sed 's/.*: //'
                    device=/sys/devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    echo ${device##*/} >${device%/*}/mdev_supported_types/vfio_ap-passthrough/create
                    ls /dev/vfio/0
                    echo 1 >$device/remove
                    [ -e /dev/vfio/0 ] || echo gone
                    echo still there | tee /dev/null
                    """));
        }

        @Test
        void changesRunForItselfOnly() throws Exception {
            assertEquals("lock\nmine\ncontrol\n", out("touch /run/mine; ls -d /run/lock /run/mine | xargs -n1 basename;"
                    + "ls /run/udev"));
            assertFalse(Files.exists(Path.of("/run/mine")));
        }

        @Test
        void passesItsExitStatusOn() throws Exception {
            assertEquals(7, ExecutedProgram.bash(machine, "exit 7").status());
        }

        @Test
        void hasItsSignalsToItself() throws Exception {
            Process process = new ProcessBuilder(ExecutedProgram.apvirt("exec", machine.toString(), "--", "bash", "-c",
                    "trap 'echo caught; exit 3' TERM; echo started; while :; do sleep 0.1; done")).start();
            assertEquals('s', process.getInputStream().read());
            process.toHandle().destroy(); // unlike Process.destroy, leaves the pipes open
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals(3, process.exitValue());
            assertEquals("tarted\ncaught\n", new String(process.getInputStream().readAllBytes()));
        }

        @Test
        void inheritsNoFileOfOurs() throws Exception {
            assertEquals("", out("ls -l /proc/self/fd | grep -E 'jar$|lib/modules|fuse' || true"));
        }

        @Test
        void leavesNothingBehindWhenKilled() throws Exception {
            Process process = new ProcessBuilder(ExecutedProgram.apvirt("exec", machine.toString(), "--", "bash", "-c",
                    "echo $PPID $APVIRT_CTL; exec sleep 60")).start();
            String socket = process.inputReader().readLine().split(" ")[1];
            process.destroyForcibly().waitFor();
            for (int i = 0; Files.exists(Path.of(socket)) && i < 200; i++) {
                Thread.sleep(50); // the server notices on its own
            }
            assertFalse(Files.exists(Path.of(socket)));
            assertFalse(Files.readString(Path.of("/proc/mounts")).contains("fuse.apvirt /sys"));
        }

        @Test
        void hearsUeventsThroughLibudev() throws Exception {
            Programs.require("fuse.required", Programs.isInstalled("python3"), "python3 is missing");
            String listener = """
                    import ctypes, select, sys
                    u = ctypes.CDLL("libudev.so.1")
                    for n in "new", "monitor_new_from_netlink", "monitor_receive_device": \\
                        getattr(u, "udev_" + n).restype = ctypes.c_void_p
                    for n in "action", "syspath", "subsystem":
                        getattr(u, "udev_device_get_" + n).restype = ctypes.c_char_p
                    m = ctypes.c_void_p(u.udev_monitor_new_from_netlink(ctypes.c_void_p(u.udev_new()), b"udev"))
                    u.udev_monitor_filter_add_match_subsystem_devtype(m, b"mdev", None)
                    u.udev_monitor_enable_receiving(m)
                    uuid = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02"
                    parent = "/sys/devices/vfio_ap/matrix/"
                    with open(parent + "mdev_supported_types/vfio_ap-passthrough/create", "w") as f: f.write(uuid)
                    with open(parent + uuid + "/remove", "w") as f: f.write("1")
                    for i in range(9):
                        if not select.select([u.udev_monitor_get_fd(m)], [], [], 5)[0]: break
                        d = ctypes.c_void_p(u.udev_monitor_receive_device(m))
                        print(*(getattr(u, "udev_device_get_" + n)(d).decode() for n in ("action", "syspath", "subsystem")))
                        if u.udev_device_get_action(d) == b"remove": break
                    """;
            String device = "/sys/devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 mdev\n";
            String heard = out("python3 - <<'EOF'\n" + listener + "EOF\n", "--uevents");
            assertTrue(heard.startsWith("add " + device), heard);
            assertTrue(heard.endsWith("remove " + device), heard);
        }

        @Test
        void isLoggedOnRequest() throws Exception {
            Said said = ExecutedProgram.bash(machine, "cat /sys/bus/ap/config_time; echo x >/sys/bus/ap/config_time;"
                    + " echo 0 >/sys/devices/ap/card05/online; echo 2d88d55e-9ceb-4f54-91ad-13c07fd4ff01"
                    + " >/sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/create", "--log");
            assertTrue(said.err().contains("apvirt: uevent change@/devices/ap/card05"), said::err);
            assertTrue(said.err().contains("apvirt: kernel vfio_ap_mdev 2d88d55e-9ceb-4f54-91ad-13c07fd4ff01: "),
                    said::err);
            assertTrue(said.err().contains("apvirt: read   /bus/ap/config_time\n"), said::err);
            assertTrue(said.err().contains("apvirt: write  /bus/ap/config_time \"x\\n\" = EINVAL (Invalid argument)\n"),
                    said::err);
        }
    }

    /** An ordinary user: a user namespace, if /dev/fuse may be opened. */
    @Nested
    class Rootless {
        private Said asNobody(String before, String script) throws Exception {
            Programs.require("fuse.required", Programs.isInstalled("setpriv"),
                    "setpriv is missing: install util-linux");
            String drop = "setpriv --reuid 65534 --regid 65534 --clear-groups ";
            assumeTrue(Programs.run(List.of("sh", "-c", drop + "unshare --user true")).status() == 0,
                    "ordinary users may make no user namespace here");
            Path jar = Programs.ROOT.resolve("cli/target/apvirt.jar");
            assumeTrue(Files.exists(jar),
                    "apvirt.jar is not built; the class path of this test is readable for us only");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.copy(jar, directory.resolve("apvirt.jar"));
            Programs.Output output = Programs.run(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c",
                    "cd " + directory + " && " + before + " exec " + drop + "env -u XDG_RUNTIME_DIR "
                            + Path.of(System.getProperty("java.home"), "bin/java")
                            + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
                            + " -jar apvirt.jar exec machine.yaml -- sh -c '" + script + "'"));
            return new Said(output.status(), output.text(), "");
        }

        @Test
        void aUserWhoMayOpenFuseSeesTheSimulatedMachine() throws Exception {
            assumeTrue("root".equals(System.getProperty("user.name")), "needs root to become a user");
            Said said = asNobody("mknod -m 666 fuse c 10 229 && mount --bind fuse /dev/fuse &&",
                    "cat /sys/bus/ap/bindings; echo 7 >/sys/bus/ap/config_time && cat /sys/bus/ap/config_time");
            assertEquals("4/4 (complete)\n7\n", said.out());
            assertEquals(0, said.status());
        }

        @Test
        void aUserWhoMayNotIsToldSoInOneLine() throws Exception {
            assumeTrue("root".equals(System.getProperty("user.name")), "needs root to become a user");
            Said said = asNobody("mknod -m 600 fuse c 10 229 && mount --bind fuse /dev/fuse &&", "true");
            assertEquals(
                    "apvirt exec: cannot open /dev/fuse: Permission denied; run as root, or give yourself"
                            + " access to the device\n",
                    said.out());
            assertEquals(1, said.status());
        }
    }

    @Nested
    class WrongUse {
        private void assertSays(int status, String line, String... arguments) throws Exception {
            Said said = ExecutedProgram.run(Map.of(), arguments);
            assertEquals(line + "\n", said.err());
            assertEquals(status, said.status());
        }

        @Test
        void isSaidInOneLine() throws Exception {
            assertSays(2, "apvirt exec: /no/file: no such file", "exec", "/no/file", "--", "true");
            assertSays(2, "apvirt exec: give a COMMAND after --, or --shell (see apvirt exec --help)", "exec",
                    machine.toString());
            assertSays(1, "apvirt mount: cannot mount on /no/dir: No such file or directory; the mount point must be an"
                    + " existing directory", "mount", machine.toString(), "/no/dir");
        }

        @Test
        void theServerRefusesToCoverTheSysOfEverybody() throws Exception {
            String here = Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
            assertSays(1, "apvirt exec: this mount namespace is not our own; run inside 'unshare -m'",
                    "serve-namespace", machine.toString(), "--outer", here, "--until",
                    Long.toString(ProcessHandle.current().pid()), "--socket", directory.resolve("s").toString());
        }

        @Test
        void anUnknownProgramIs127() throws Exception {
            assertEquals(127,
                    ExecutedProgram.run(Map.of(), "exec", machine.toString(), "--", "no-such-program").status());
        }
    }

    @Nested
    class Mounted {
        @Test
        void aMachineIsChangedFromASecondTerminal() throws Exception {
            Path point = Files.createDirectory(directory.resolve("mnt"));
            Process mount = new ProcessBuilder(
                    ExecutedProgram.apvirt("mount", machine.toString(), point.toString())).start();
            try {
                String line = mount.inputReader().readLine();
                assertTrue(line.startsWith("mounted on " + point + " until Ctrl-C"), line);
                String socket = line.replaceAll(".*--socket (\\S+) help", "$1");
                assertEquals("rw-------", PosixFilePermissions
                        .toString(Files.getPosixFilePermissions(Path.of(socket))));
                Path card = point.resolve("sys/devices/ap/card07");
                assertFalse(Files.exists(card));
                assertControl(socket, 0, "", "plug", "7", "CEX8P");
                assertControl(socket, 0, "", "scan");
                assertEquals("CEX8P\n", Files.readString(card.resolve("type")));
                assertControl(socket, 0, "", "unplug", "7");
                assertTrue(Files.exists(card));
                assertControl(socket, 0, "", "scan");
                assertFalse(Files.exists(card));
                assertControl(socket, 0, "", "plug", "7", "CEX8P");
                assertControl(socket, 0, "", "config", "7", "off");
                assertControl(socket, 0, "", "scan");
                assertEquals("0\n", Files.readString(card.resolve("config")));
                assertControl(socket, 1, "apvirt ctl write: EINVAL", "write", "/sys/bus/ap/config_time", "x");
                assertControl(socket, 2, "apvirt ctl unplug: APID '300' is no number from 0 to 255", "unplug", "300");
                Said dump = ExecutedProgram.run(Map.of("APVIRT_CTL", socket), "ctl", "dump");
                assertTrue(
                        dump.out().matches("(?s).*\n  7: \\{type: CEX8P, [^\n]*config: false, checkstop: false}\n.*"),
                        dump::out);
                Path copy = directory.resolve("copy.yaml");
                Files.writeString(copy, dump.out());
                Said again = ExecutedProgram.bash(copy, "cat /sys/devices/ap/card07/config");
                assertEquals("0\n", again.out(), again::err);
                Said qemu = ExecutedProgram.run(Map.of("APVIRT_CTL", socket), "qemu-check", "--", "qemu-system-s390x",
                        "-cpu", "host", "-device", "vfio-ap,sysfsdev=/sys/devices/vfio_ap/matrix/x");
                assertEquals(
                        new Said(1, "", "qemu-system-s390x: -device vfio-ap,sysfsdev=/sys/devices/vfio_ap/matrix/x: "
                                + "vfio /sys/devices/vfio_ap/matrix/x: no such host device: No such file or directory\n"),
                        qemu);
            } finally {
                mount.destroy();
                mount.waitFor();
            }
            assertFalse(Files.readString(Path.of("/proc/mounts")).contains(point.toString()));
        }

        private void assertControl(String socket, int status, String begin, String... words) throws Exception {
            String[] arguments = new String[words.length + 1];
            arguments[0] = "ctl";
            System.arraycopy(words, 0, arguments, 1, words.length);
            Said said = ExecutedProgram.run(Map.of("APVIRT_CTL", socket), arguments);
            assertEquals(status, said.status(), said::toString);
            assertTrue((said.out() + said.err()).startsWith(begin), said::toString);
        }
    }
}

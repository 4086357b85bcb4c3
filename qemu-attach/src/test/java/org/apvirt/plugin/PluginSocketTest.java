// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.gdb.AttachedGuest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The place where a plugin connects, and who else comes there. */
@Timeout(60)
class PluginSocketTest {
    private static final ApInstructions NONE = new ApInstructions() {
        @Override
        public int pqap(ApRegisters registers, Storage storage) {
            return 3;
        }

        @Override
        public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }

        @Override
        public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }
    };
    private static final ApPlatform PLATFORM = new ApPlatform(NONE, Facilities.NONE, ApFirmware.UNSUPPORTED,
            ApInterrupts.NONE, new VirtualTime());

    @TempDir
    private Path directory;
    private final List<String> log = new CopyOnWriteArrayList<>();

    /** What is done while a guest is served. */
    private interface Act {
        void with(AttachedGuest guest) throws Exception;
    }

    private void serving(Path path, Act act) throws Exception {
        try (AttachedGuest guest = AttachedGuest.over(PluginTransport.listen(path, PLATFORM, false, log::add),
                PLATFORM, log::add)) {
            Thread served = Thread.ofPlatform().start(() -> {
                try {
                    guest.run();
                } catch (IOException e) {
                    log.add(e.toString());
                }
            });
            act.with(guest);
            guest.detach();
            served.join();
        }
    }

    @Test
    void isForItsOwnerAloneAndGoneAfterwards() throws Exception {
        Path path = directory.resolve("plugin");
        serving(path, guest -> assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(path))));
        assertFalse(Files.exists(path));
        assertEquals(List.of("nobody was attached"), log);
    }

    @Test
    void whoIsLetGoHasDeconfiguredQueues() throws Exception {
        Path path = directory.resolve("plugin");
        serving(path, guest -> {
            try (FakePlugin plugin = new FakePlugin(path, -1)) {
                plugin.receive();
                guest.detach();
                guest.awaitEnd(10_000);
            }
        });
        assertEquals(
                "detached after 0 AP instructions; the guest runs on. Its queues read as deconfigured until another"
                        + " apvirt listens at " + path,
                log.getLast());
    }

    @ParameterizedTest
    @ValueSource(strings = {"touch", "mkdir", "mkfifo"})
    void takesThePlaceOfNoOtherFile(String command) throws Exception {
        Path path = directory.resolve("there");
        assertEquals(0, new ProcessBuilder(command, path.toString()).start().waitFor());
        IOException e = assertThrows(IOException.class,
                () -> PluginTransport.listen(path, PLATFORM, false, log::add).close());
        assertTrue(e.getMessage().startsWith(path + ": cannot be made a socket: "), e.getMessage());
        assertTrue(Files.exists(path));
    }

    @Test
    void leavesTheSocketOfWhoCameAfterIt() throws Exception {
        Path path = directory.resolve("plugin");
        serving(path, first -> {
            Files.delete(path);
            serving(path, second -> {
                first.detach();
                first.awaitEnd(10_000);
                try (FakePlugin plugin = new FakePlugin(path, -1)) {
                    assertTrue(plugin.receive().startsWith("W "));
                }
            });
        });
        assertFalse(Files.exists(path));
    }

    /** Linux has room for 107, Java for one less. */
    @Test
    void hasANameOfAtMost106Bytes() throws Exception {
        String longest = "x".repeat(106 - directory.toString().length() - 1);
        serving(directory.resolve(longest), guest -> {
            try (FakePlugin plugin = new FakePlugin(directory.resolve(longest), -1)) {
                assertTrue(plugin.receive().startsWith("W "));
            }
        });
        Path path = directory.resolve(longest + "x");
        IOException e = assertThrows(IOException.class,
                () -> PluginTransport.listen(path, PLATFORM, false, log::add).close());
        assertEquals(path + ": the name of a socket has at most 106 bytes", e.getMessage());
    }

    /** Those that nobody has answered take this process's files; who comes later, and belongs to the guest, is served. */
    @Test
    void moreConnectionsThanThisProcessCanHaveAreOutlived() throws Exception {
        Path path = directory.resolve("plugin");
        serving(path, guest -> {
            List<FakePlugin> all = new ArrayList<>();
            String before = limit();
            limitTo(Integer.toString(openFiles() + 60));
            try {
                while (all.size() < 200) {
                    all.add(new FakePlugin(path, ""));
                }
            } catch (IOException e) {
                Thread.sleep(200); // the other side has no more either
            } finally {
                for (FakePlugin each : all) {
                    each.close();
                }
                for (boolean done = false; !done;) {
                    try {
                        limitTo(before);
                        done = true;
                    } catch (IOException e) {
                        Thread.sleep(20); // a program cannot be started yet
                    }
                }
            }
            assertTrue(
                    log.stream().anyMatch(line -> line.startsWith(path + ": no connection is taken at the moment: ")),
                    log.toString());
            try (FakePlugin whole = new FakePlugin(path, -1); FakePlugin cpu = new FakePlugin(path, 0)) {
                assertTrue(whole.receive().startsWith("W "));
                assertTrue(cpu.welcome.startsWith("W "));
            }
        });
    }

    private static int openFiles() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }

    private static String limit() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/limits")).stream().filter(it -> it.startsWith("Max open files"))
                .map(it -> it.split(" +")[3]).findFirst().orElseThrow();
    }

    /** Changes the soft limit of this process. */
    private static void limitTo(String files) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder("prlimit", "--pid", Long.toString(ProcessHandle.current().pid()),
                "--nofile=" + files + ":").inheritIO().start();
        assertEquals(0, prlimit.waitFor());
    }
}

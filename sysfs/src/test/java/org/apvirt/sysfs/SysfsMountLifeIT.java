// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Many who use a mount at once, and how it ends. */
@Timeout(30)
class SysfsMountLifeIT extends MountedTree {
    @Test
    void aBlockedWriteStallsNobody() throws Exception {
        List<Process> blocked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            blocked.add(
                    new ProcessBuilder("bash", "-c", "echo w >" + directory + "/sys/devices/toy/box/wait").start());
        }
        assertTrue(tree.waiting.await(5, TimeUnit.SECONDS));
        assertEquals("first\n", out("cat box/value"));
        assertEquals(8, blocked.stream().filter(Process::isAlive).count());
        tree.mayFinish.countDown();
        for (Process process : blocked) {
            assertEquals(0, process.waitFor());
        }
        assertEquals(8, tree.stored.size());
    }

    @Test
    void eightWritersLoseNothing() throws Exception {
        try (ExecutorService writers = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int writer = 0; writer < 8; writer++) {
                int number = writer;
                all.add(writers.submit(() -> {
                    Path value = directory.resolve("sys/devices/toy/box/value");
                    for (int i = 0; i < 100; i++) {
                        Files.writeString(value, number + ":" + i, StandardOpenOption.WRITE);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        assertEquals(IntStream.range(0, 800).mapToObj(i -> i / 100 + ":" + i % 100).sorted().toList(),
                tree.stored.stream().sorted().toList());
    }

    @Test
    void aDirectoryOfManyEntriesIsListedWhole() throws Exception {
        Map<String, SysfsNode> many = new HashMap<>();
        for (int i = 0; i < 65_536; i++) {
            many.put(String.format("%02x.%04x", i >> 8, i & 0xff), new SysfsLink("x"));
        }
        tree.boxes.put("many", SysfsDirectory.of(() -> many));
        try (Stream<Path> entries = Files.list(directory.resolve("sys/devices/toy/many"))) {
            assertEquals(65_536, entries.distinct().count());
        }
    }

    @Test
    void whatIsClosedAndForgottenIsNotHeld() throws Exception {
        out("for i in 1 2 3 4 5; do echo n$i >create; cat box/value; ls -l n$i; echo 1 >n$i/remove; done >/dev/null");
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "2");
        for (int i = 0; mount.held() > 12 && i < 100; i++) {
            Thread.sleep(10); // the kernel sends releases and forgets when it likes
        }
        assertTrue(mount.held() <= 12, () -> mount.held() + " held");
    }

    private Process victim(Path other) throws IOException {
        Process victim = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Victim.class.getName(), other.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertNotEquals(-1, victim.getInputStream().read());
        return victim;
    }

    @Test
    void unmountsThoughItIsInUse() throws Exception {
        Path file = directory.resolve("sys/devices/toy/box/value");
        SeekableByteChannel open = Files.newByteChannel(file);
        mount.close();
        assertThrows(IOException.class, () -> open.read(ByteBuffer.allocate(8)));
        assertThrows(IOException.class, open::close); // flush has nobody to ask
        assertTrue(Files.notExists(file));
    }

    @Test
    void mountsOverWhatAKilledProcessLeft(@TempDir Path other) throws Exception {
        Process victim = victim(other);
        assertTrue(Files.exists(other.resolve("sys")));
        victim.destroyForcibly().waitFor();
        FileSystemException dead = assertThrows(FileSystemException.class, () -> Files.list(other));
        assertTrue(dead.getMessage().contains("not connected"), dead::getMessage);
        SysfsMount.mount(tree.root, other).close();
        assertTrue(Files.isDirectory(other));
    }

    @Test
    void sigtermUnmounts(@TempDir Path other) throws Exception {
        Process victim = victim(other);
        victim.destroy();
        victim.waitFor();
        assertFalse(Files.readString(Path.of("/proc/mounts")).contains(other.toString()));
    }

    @Test
    void aMissingMountPointIsNamed() {
        IOException e = assertThrows(IOException.class,
                () -> SysfsMount.mount(tree.root, Path.of("/no/such/directory")));
        assertEquals("cannot mount on /no/such/directory: No such file or directory; the mount point must be an"
                + " existing directory", e.getMessage());
    }

    /** A process that mounts, says so, and waits to be killed. */
    static final class Victim {
        public static void main(String[] arguments) throws Exception {
            SysfsMount.mount(new TinyTree().root, Path.of(arguments[0]));
            System.out.println("mounted");
            Thread.sleep(60_000);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SysfsFileSystemTest {
    private final TinyTree tree = new TinyTree();
    private final SysfsFileSystem fs = SysfsFileSystem.of(tree.root);
    private final Path box = fs.getPath("/sys/devices/toy/box");

    private static Errno errno(IOException e) {
        return assertInstanceOf(ErrnoException.class, e.getCause(), e::toString).errno();
    }

    @Nested
    class Reading {
        @Test
        void givesTheTextOfTheAttribute() throws IOException {
            assertEquals("first\n", Files.readString(box.resolve("value")));
        }

        @Test
        void asksTheAttributeOnceAsLongAsTheFileIsReadOnward() throws IOException {
            try (SeekableByteChannel channel = Files.newByteChannel(box.resolve("counter"))) {
                ByteBuffer one = ByteBuffer.allocate(1);
                assertEquals(1, channel.read(one));
                assertEquals(1, channel.read(one.clear()));
                assertEquals(-1, channel.read(one.clear()));
                assertEquals(1, tree.shown.get());
            }
        }

        @Test
        void asksAgainAfterRewinding() throws IOException {
            try (SeekableByteChannel channel = Files.newByteChannel(box.resolve("counter"))) {
                ByteBuffer text = ByteBuffer.allocate(8);
                channel.read(text);
                channel.position(0).read(text.clear());
                assertEquals('2', text.get(0));
            }
        }

        @Test
        void aWriteOnlyAttributeIsDeniedEvenToRoot() {
            AccessDeniedException e = assertThrows(AccessDeniedException.class,
                    () -> Files.readString(box.resolve("assign")));
            assertEquals(Errno.EACCES, errno(e));
        }

        @Test
        void aDirectoryIsEisdir() {
            FileSystemException e = assertThrows(SysfsException.class, () -> Files.readString(box));
            assertEquals(Errno.EISDIR, errno(e));
        }

        @Test
        void anAttributeThatLeftTheTreeIsEnodev() throws IOException {
            try (SeekableByteChannel channel = Files.newByteChannel(box.resolve("value"))) {
                tree.boxes.remove("box");
                IOException e = assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(8)));
                assertEquals(Errno.ENODEV, errno(e));
            }
        }

        @Test
        void copiesToAnotherFileSystem(@TempDir Path directory) throws IOException {
            Path copy = directory.resolve("copy");
            Files.copy(box.resolve("value"), copy);
            assertEquals("first\n", Files.readString(copy));
        }
    }

    @Nested
    class Writing {
        @Test
        void isOneStoreOfTheWholeText() throws IOException {
            Files.writeString(box.resolve("value"), "a\nb\n");
            assertEquals(List.of("a\nb\n"), tree.stored);
        }

        @Test
        void createAndTruncateChangeNothing() throws IOException {
            Files.writeString(box.resolve("value"), "x", StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            assertEquals(List.of("x"), tree.stored);
        }

        @Test
        void openingAloneStoresNothing() throws IOException {
            Files.newOutputStream(box.resolve("value")).close();
            assertEquals(List.of(), tree.stored);
        }

        @Test
        void keepsEveryByte() throws IOException {
            Files.write(box.resolve("value"), new byte[]{(byte) 0x80, 0, (byte) 0xff});
            assertEquals("\u0080\0\u00ff", tree.value);
        }

        @Test
        void moreThanAPageIsSeveralStores() throws IOException {
            Files.write(box.resolve("value"), "y".repeat(5000).getBytes(ISO_8859_1));
            assertEquals(List.of(4096, 904), tree.stored.stream().map(String::length).toList());
        }

        @ParameterizedTest
        @CsvSource({"98,EADDRINUSE", "99,EADDRNOTAVAIL", "16,EBUSY", "19,ENODEV", "2,ENOENT"})
        void aRefusalCarriesTheErrno(String text, Errno expected) {
            SysfsException e = assertThrows(SysfsException.class,
                    () -> Files.writeString(box.resolve("assign"), text + "\n"));
            assertEquals(expected, e.errno());
            assertEquals("/sys/devices/toy/box/assign", e.getFile());
        }

        @Test
        void theReasonIsInTheMessage() {
            SysfsException e = assertThrows(SysfsException.class, () -> Files.writeString(box.resolve("assign"), "98"));
            assertEquals("/sys/devices/toy/box/assign: EADDRINUSE: 05.0004 belongs to another", e.getMessage());
        }

        @Test
        void aReadOnlyAttributeIsDenied() {
            AccessDeniedException e = assertThrows(AccessDeniedException.class,
                    () -> Files.writeString(box.resolve("counter"), "1"));
            assertEquals(Errno.EACCES, errno(e));
        }

        @Test
        void createsNoFile() {
            assertEquals(Errno.EACCES, errno(assertThrows(AccessDeniedException.class,
                    () -> Files.writeString(box.resolve("new"), "1"))));
            assertEquals(Errno.EEXIST, errno(assertThrows(FileAlreadyExistsException.class,
                    () -> Files.writeString(box.resolve("value"), "1", StandardOpenOption.CREATE_NEW))));
            assertThrows(NoSuchFileException.class,
                    () -> Files.writeString(box.resolve("new"), "1", StandardOpenOption.WRITE));
            assertThrows(NoSuchFileException.class, () -> Files.writeString(fs.getPath("/none/new"), "1"));
        }

        @Test
        void nothingElseMayBeChanged() {
            assertEquals(Errno.EPERM,
                    errno(assertThrows(IOException.class, () -> Files.delete(box.resolve("value")))));
            assertEquals(Errno.EPERM,
                    errno(assertThrows(IOException.class, () -> Files.createDirectory(box.resolve("d")))));
            assertEquals(Errno.EPERM, errno(assertThrows(IOException.class,
                    () -> Files.move(box.resolve("value"), box.resolve("other")))));
            assertEquals(Errno.EPERM, errno(assertThrows(IOException.class, () -> Files
                    .setPosixFilePermissions(box.resolve("value"), PosixFilePermissions.fromString("rw-rw-rw-")))));
        }
    }

    @Nested
    class Looking {
        @Test
        void listsSortedByName() throws IOException {
            try (Stream<Path> entries = Files.list(box)) {
                assertEquals(List.of("assign", "counter", "interruptible", "killable", "subsystem", "value", "wait"),
                        entries.map(entry -> entry.getFileName().toString()).toList());
            }
        }

        @Test
        void listingAFileIsEnotdir() {
            assertEquals(Errno.ENOTDIR,
                    errno(assertThrows(NotDirectoryException.class, () -> Files.list(box.resolve("value")))));
        }

        @Test
        void aPathThroughAFileIsEnotdir() {
            assertEquals(Errno.ENOTDIR,
                    errno(assertThrows(IOException.class, () -> Files.readString(box.resolve("value/x")))));
        }

        @Test
        void followsLinks() throws IOException {
            assertEquals("first\n", Files.readString(fs.getPath("/sys/bus/toy/devices/box/value")));
            assertEquals(box, fs.getPath("/sys/bus/toy/devices/box").toRealPath());
            assertEquals(fs.getPath("/sys/bus/toy/devices/box"),
                    fs.getPath("/sys/bus/./toy/devices/box").toRealPath(LinkOption.NOFOLLOW_LINKS));
            assertTrue(Files.isSameFile(box, fs.getPath("sys/bus/toy/devices/box")));
        }

        @Test
        void tellsWhereALinkLeads() throws IOException {
            assertEquals("../../../bus/toy", Files.readSymbolicLink(box.resolve("subsystem")).toString());
            assertEquals(Errno.EINVAL, errno(
                    assertThrows(NotLinkException.class, () -> Files.readSymbolicLink(box.resolve("value")))));
        }

        @Test
        void aLoopIsEloopAndALostLinkEnoent() {
            assertEquals(Errno.ELOOP, errno(assertThrows(IOException.class,
                    () -> Files.readString(fs.getPath("/sys/bus/toy/devices/loop")))));
            assertFalse(Files.exists(fs.getPath("/sys/bus/toy/devices/lost")));
            assertTrue(Files.isSymbolicLink(fs.getPath("/sys/bus/toy/devices/lost")));
        }

        @Test
        void tellsModesAndSizes() throws IOException {
            assertEquals("rw-r--r--",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(box.resolve("value"))));
            assertEquals("-w-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(box.resolve("assign"))));
            assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(box)));
            assertEquals(4096, Files.size(box.resolve("value")));
            assertEquals(0, Files.size(box));
            assertEquals("root", Files.getOwner(box).getName());
            assertEquals(4096L, Files.getAttribute(box.resolve("value"), "size"));
            assertTrue(Files.isReadable(box.resolve("value")));
            assertFalse(Files.isReadable(box.resolve("assign")));
            assertFalse(Files.isWritable(box));
        }

        @Test
        void aDeviceNodeIsNeitherFileNorDirectory() throws IOException {
            Path node = fs.getPath("/dev/toy");
            assertEquals(true, Files.getAttribute(node, "isOther"));
            assertEquals(196, assertInstanceOf(CharDevice.class, fs.node(node)).minor());
            assertEquals(Errno.ENXIO, errno(assertThrows(IOException.class, () -> Files.readString(node))));
        }

        @Test
        void seesWhatAWriteBroughtAndTook() throws IOException {
            Path parent = fs.getPath("/sys/devices/toy");
            Files.writeString(parent.resolve("create"), "new");
            assertTrue(Files.isDirectory(parent.resolve("new")));
            Files.writeString(parent.resolve("new/remove"), "1");
            assertTrue(Files.notExists(parent.resolve("new")));
        }

        @Test
        void aClosedFileSystemRefuses() {
            fs.close();
            assertThrows(ClosedFileSystemException.class, () -> Files.readString(box.resolve("value")));
        }
    }
}

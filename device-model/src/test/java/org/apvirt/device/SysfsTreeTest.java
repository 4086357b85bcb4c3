// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SysfsTreeTest {
    private static final SysfsFile VALUE = SysfsAttribute.<String>ro("value", it -> it).on("1\n");
    private static final SysfsFile TRIGGER = SysfsAttribute.<String>wo("trigger", (it, text) -> {}).on("");

    private final SysfsTree tree = new SysfsTree(SysfsDirectory.fixed(Map.of(
            "sys", SysfsDirectory.fixed(Map.of(
                    "dir", SysfsDirectory.fixed(Map.of("value", VALUE, "trigger", TRIGGER)),
                    "link", new SysfsLink("dir"),
                    "tofile", new SysfsLink("dir/value"),
                    "up", new SysfsLink("../sys/dir/"),
                    "root", new SysfsLink("/sys"),
                    "self", new SysfsLink("self"),
                    "lost", new SysfsLink("nosuch"))),
            "dev", SysfsDirectory.fixed(Map.of("toy", new CharDevice(0600, 10, 1, () -> {
                throw new ErrnoException(Errno.ENXIO);
            }))))));

    private Errno refused(String path) {
        return assertThrows(ErrnoException.class, () -> tree.walk(path, true), path).errno();
    }

    @ParameterizedTest
    @CsvSource({"/sys/dir/value, sys/dir/value", "sys/dir/value, sys/dir/value", "//sys///dir/./value, sys/dir/value",
            "/sys/link/value, sys/dir/value", "/sys/up/value, sys/dir/value", "/sys/tofile, sys/dir/value",
            "/sys/root/root/link/../dir/value, sys/dir/value", "/.., ''", "/, ''",
            "/sys/dir/../../../sys/dir/, sys/dir",
            "/sys/link/, sys/dir", "/sys/link/., sys/dir"})
    void aPathLeadsTo(String path, String place) throws ErrnoException {
        assertEquals(place, String.join("/", tree.walk(path, true).names()));
    }

    @ParameterizedTest
    @CsvSource({"'', ENOENT", "/nosuch, ENOENT", "/sys/lost, ENOENT", "/sys/dir/value/, ENOTDIR",
            "/sys/dir/value/., ENOTDIR",
            "/sys/dir/value/.., ENOTDIR", "/sys/dir/value/x, ENOTDIR", "/sys/tofile/, ENOTDIR", "/dev/toy/, ENOTDIR",
            "/sys/nosuch/x, ENOENT", "/sys/self, ELOOP"})
    void orIsRefused(String path, Errno errno) {
        assertEquals(errno, refused(path));
    }

    @Test
    void aNameOf256BytesIsTooLongWhereItIsLookedUp() {
        assertEquals(Errno.ENOENT, refused("/sys/" + "x".repeat(255)));
        assertEquals(Errno.ENAMETOOLONG, refused("/sys/" + "x".repeat(256)));
        assertEquals(Errno.ENOTDIR, refused("/sys/dir/value/" + "x".repeat(300)));
    }

    @Test
    void aPathOf4096BytesIsTooLong() throws ErrnoException {
        assertEquals(0, tree.walk("/".repeat(4095), true).names().size());
        assertEquals(Errno.ENAMETOOLONG, refused("/".repeat(4096)));
    }

    @Test
    void aNulEndsThePath() throws ErrnoException {
        assertEquals(VALUE, tree.walk("/sys/dir/value\0/x", true).node());
        assertEquals(Errno.ENOENT, refused("\0/sys"));
    }

    @Test
    void fortyLinksAreFollowedAndNoMore() throws ErrnoException {
        SysfsTree chain = new SysfsTree(SysfsDirectory.of(() -> {
            Map<String, SysfsNode> entries = new java.util.TreeMap<>();
            IntStream.range(0, 41).forEach(i -> entries.put("l" + i, new SysfsLink("l" + (i + 1))));
            entries.put("l41", VALUE);
            return entries;
        }));

        assertEquals(VALUE, chain.walk("l1", true).node());
        assertEquals(Errno.ELOOP, assertThrows(ErrnoException.class, () -> chain.walk("l0", true)).errno());
    }

    @Test
    void aLinkAtTheEndIsFollowedOnlyIfWantedOrADirectoryIs() throws ErrnoException {
        assertInstanceOf(SysfsLink.class, tree.walk("/sys/link", false).node());
        assertInstanceOf(SysfsDirectory.class, tree.walk("/sys/link/", false).node());
    }

    @ParameterizedTest
    @CsvSource({"/sys/dir/trigger, true, false, EACCES", "/sys/dir/trigger, true, true, EACCES",
            "/sys/dir/value, false, true, EACCES", "/sys/dir/value, true, true, EACCES",
            "/sys/dir, false, true, EISDIR",
            "/sys/dir, true, true, EISDIR", "/dev/toy, true, true, ENXIO"})
    void openRefuses(String path, boolean reading, boolean writing, Errno errno) {
        assertEquals(errno, assertThrows(ErrnoException.class, () -> tree.open(path, reading, writing)).errno());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.device.SysfsLink;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What programs read, see and write in a real mount. */
@Timeout(30)
class SysfsMountIT extends MountedTree {
    @Nested
    class Reading {
        @Test
        void givesTheText() throws Exception {
            assertEquals("first\n", out("cat box/value"));
        }

        @Test
        void takesTheTextOncePerOpenFile() throws Exception {
            assertEquals("1\n2\n", out("cat box/counter box/counter"));
        }

        @Test
        void takesItAgainAfterRewinding() throws Exception {
            assertEquals("1\n2\n",
                    out("exec 3<box/counter; cat <&3; python3 -c 'import os; os.lseek(3,0,0)'; cat <&3"));
        }

        @Test
        void aWriteOnlyAttributeIsDeniedToRoot() throws Exception {
            assertEquals("cat: box/assign: Permission denied\n", sh("cat box/assign").err());
        }

        @Test
        void anAttributeOfARemovedObjectIsEnodev() throws Exception {
            assertTrue(sh("exec 3<box/value; echo gone >create; true").status() == 0);
            Said said = sh("echo x >create; exec 3>x/remove; echo 1 >x/remove; echo 1 >&3");
            assertTrue(said.err().endsWith("write error: No such device\n"), said.err());
        }
    }

    @Nested
    class Looking {
        @Test
        void showsTheModesSizesAndTypesOfTheKernel() throws Exception {
            assertEquals("""
                    200 4096 regular file box/assign
                    644 4096 regular file box/value
                    777 0 symbolic link box/subsystem
                    755 0 directory box
                    """, out("stat -c '%a %s %F %n' box/assign box/value box/subsystem box"));
            assertEquals("character special file a:c4\n",
                    out("stat -c '%F %t:%T' " + directory.resolve("dev/toy")));
        }

        @Test
        void followsLinks() throws Exception {
            assertEquals("../../../devices/toy/box\n", out("readlink ../../bus/toy/devices/box"));
            assertEquals("first\n", out("cat ../../bus/toy/devices/box/value"));
            assertEquals(directory.resolve("sys/devices/toy/box") + "\n", out("readlink -f ../../bus/toy/devices/box"));
        }

        @Test
        void listsEverythingOnce() throws Exception {
            assertEquals(".\n..\nassign\ncounter\ninterruptible\nkillable\nsubsystem\nvalue\nwait\n", out("ls -a box"));
            assertEquals("8\n", out("find box | wc -l"));
            assertEquals("6\n", out("find box -type f | wc -l"));
        }

        @Test
        void seesAtOnceWhatAWriteBroughtAndTook() throws Exception {
            assertEquals("remove\n", out("ls new 2>/dev/null; echo new >create; ls new"));
            Said said = sh("cd new; echo 1 >remove; ls ../new; echo again >../create; ls -d ../again; cat remove");
            assertEquals("../again\n", said.out());
            assertTrue(said.err().contains("ls: cannot access '../new': No such file or directory"), said.err());
        }

        @Test
        void anEntryThatComesBackAsAnotherKindIsAnother() throws Exception {
            assertEquals("directory\nsymbolic link\n", out("stat -c %F box") + swapped());
        }

        private String swapped() throws Exception {
            tree.boxes.put("box", new SysfsLink("create"));
            return out("stat -c %F box");
        }
    }

    @Nested
    class Writing {
        @ParameterizedTest
        @CsvSource({"98,Address already in use", "99,Cannot assign requested address", "16,Device or resource busy",
                "19,No such device", "2,No such file or directory"})
        void tellsTheErrnoOfTheStore(String text, String expected) throws Exception {
            Said said = sh("echo " + text + " >box/assign");
            assertEquals("bash: line 1: echo: write error: " + expected + "\n", said.err());
            assertEquals(1, said.status());
        }

        @Test
        void eachWriteIsOneStore() throws Exception {
            out("{ echo a; echo b; } >box/value; env printf 'c\\nd' >>box/value");
            assertEquals(List.of("a\n", "b\n", "c\nd"), tree.stored);
        }

        @Test
        void aLongWriteComesUpShortAtAPage() throws Exception {
            assertEquals("4096\n4096\n1808\n", out(
                    "python3 -c 'import os\nfd=os.open(\"box/value\",os.O_WRONLY)\nfor n in 10000,5904,1808: print(os.write(fd,b\"x\"*n))'"));
            assertEquals(List.of(4096, 4096, 1808), tree.stored.stream().map(String::length).toList());
        }

        @Test
        void createAndTruncateOfAnAttributeChangeNothing() throws Exception {
            out("python3 -c 'import os\nos.write(os.open(\"box/value\",os.O_WRONLY|os.O_CREAT|os.O_TRUNC),b\"y\")'");
            assertEquals(List.of("y"), tree.stored);
            assertEquals("4096\n", out("truncate -s 0 box/value; stat -c %s box/value"));
        }

        @Test
        void nothingCanBeCreatedOrDeleted() throws Exception {
            assertEquals("bash: line 1: new: Permission denied\n", sh("echo 1 >new").err());
            assertTrue(sh("mkdir d").err().endsWith("Operation not permitted\n"));
            assertTrue(sh("rm box/value").err().endsWith("Operation not permitted\n"));
            assertTrue(sh("mv box other").err().endsWith("Operation not permitted\n"));
            assertTrue(sh("chmod 666 box/value").err().endsWith("Operation not permitted\n"));
            assertTrue(sh("echo 1 >box/counter").err().endsWith("box/counter: Permission denied\n"));
        }

        @Test
        void anotherUserIsBoundByTheMode() throws Exception {
            Said said = sh("python3 -c 'import os\nos.setuid(65534)\nprint(open(\"box/value\").read())\n"
                    + "open(\"box/value\",\"w\")'");
            assertEquals("first\n\n", said.out());
            assertTrue(said.err().contains("PermissionError: [Errno 13]"), said.err());
        }
    }

    /** What a program may do with an open attribute besides reading and writing it. */
    @Nested
    class Descriptors {
        private String python(String... lines) throws Exception {
            Path script = Files.writeString(Files.createTempFile("apvirt", ".py"),
                    "import errno, mmap, os, select\n" + String.join("\n", lines) + "\n");
            try {
                return out("python3 " + script);
            } finally {
                Files.delete(script);
            }
        }

        @Test
        void preadGivesTheTextFromAnOffset() throws Exception {
            assertEquals("b'rst\\n' b'' b'first\\n'\n", python("f = os.open('box/value', os.O_RDONLY)",
                    "print(os.pread(f, 99, 2), os.pread(f, 99, 6), os.pread(f, 99, 0))"));
        }

        @Test
        void aTextIsReadOnInPiecesThoughItChanged() throws Exception {
            assertEquals("b'fir' b'st\\n' b'second'\n", python("f = os.open('box/value', os.O_RDWR)",
                    "a = os.read(f, 3); g = os.open('box/value', os.O_WRONLY); os.write(g, b'second')",
                    "b = os.read(f, 99); print(a, b, os.pread(f, 99, 0))"));
        }

        @Test
        void aDuplicateSharesTheOffset() throws Exception {
            assertEquals("b'fi' b'rs'\n", python("f = os.open('box/value', os.O_RDONLY)",
                    "print(os.read(f, 2), os.read(os.dup(f), 2))"));
        }

        @Test
        void writingNothingIsNoStore() throws Exception {
            assertEquals("0\n", python("print(os.write(os.open('box/value', os.O_WRONLY), b''))"));
            assertEquals(List.of(), tree.stored);
        }

        @Test
        void aWriteAtAnOffsetIsAStoreOfItsOwn() throws Exception {
            python("f = os.open('box/value', os.O_WRONLY)", "os.pwrite(f, b'late', 4000)");
            assertEquals(List.of("late"), tree.stored);
        }

        @Test
        void itIsAlwaysReadyForPoll() throws Exception {
            assertEquals("True True\n", python("f = os.open('box/value', os.O_RDWR)",
                    "r, w, x = select.select([f], [f], [], 0); print(r == [f], w == [f])"));
        }

        @Test
        void itCannotBeMappedShared() throws Exception {
            assertEquals("ENODEV\n", python("f = os.open('box/value', os.O_RDONLY)",
                    "try: mmap.mmap(f, 4096, mmap.MAP_SHARED, mmap.PROT_READ)",
                    "except OSError as e: print(errno.errorcode[e.errno])"));
        }

        @Test
        void truncatingAndTouchingChangeNothing() throws Exception {
            assertEquals("4096 True\n", python("f = os.open('box/value', os.O_RDWR)",
                    "before = os.fstat(f).st_mtime; os.ftruncate(f, 7); os.utime('box/value', (5, 5))",
                    "print(os.fstat(f).st_size, os.fstat(f).st_mtime == before)"));
        }

        @Test
        void theFileSystemHasNoBlocksAndNamesOf255Bytes() throws Exception {
            assertEquals("0 0 255 4096\n", python("s = os.statvfs('box')",
                    "print(s.f_blocks, s.f_bfree, s.f_namemax, s.f_bsize)"));
        }

        @Test
        void aDeviceNodeIsSeenButNotOpened() throws Exception {
            Said said = sh("python3 -c 'import os; os.open(\"" + directory + "/dev/toy\", os.O_RDWR)'");
            assertTrue(said.err().contains("PermissionError: [Errno 13] Permission denied"), said.err());
        }
    }
}

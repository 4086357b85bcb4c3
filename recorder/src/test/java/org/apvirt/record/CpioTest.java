// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class CpioTest {
    @Test
    void anArchiveHasADirectoryAFileAndTheTrailerEachOnAWordBoundary() {
        byte[] archive = new Cpio().directory("a").file("a/b", new byte[]{'x', 'y', 'z', '!', '\n'}, 0755).end();

        assertEquals("""
                0707010002000000\
                0041ed00000000000000000000000100000000000000000000000000000000000000000000000000000002\
                00000000a~\
                070701000200010000\
                81ed000000000000000000000001000000000000000500000000000000000000000000000000000000040000\
                0000a/b~~~xyz!
                ~~~\
                07070100020002000000000000000000000000000000010000000000000000000000000000000000000000\
                000000000000000b00000000TRAILER!!!~~~~""", new String(archive, StandardCharsets.US_ASCII)
                .replace('\0', '~'));
        assertEquals(0, archive.length % 4);
    }
}

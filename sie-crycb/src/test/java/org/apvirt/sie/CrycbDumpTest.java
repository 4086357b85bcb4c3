// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CrycbDumpTest {
    /** Adapters 5 and 6, domains 4 and 0x47, control domain 4, as hexdump -C and xxd print the block. */
    private static final String CANONICAL = """
            00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            *
            00000080  06 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            00000090  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            000000a0  08 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  |................|
            000000b0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            000000c0  08 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            000000d0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            *
            00000100
            """;
    private static final String XXD = """
            00000000: 0400 0000 0000 0000 0a00 0000 0000 0000  ................
            00000010: 0800 0000 0000 0000 0000 0000 0000 0000  ................
            """;

    private static CrycbDump read(String text, @Nullable CrycbFormat format) throws CrycbDumpException {
        return CrycbDump.read(text.getBytes(StandardCharsets.US_ASCII), format);
    }

    private static String error(String text) {
        return assertThrows(CrycbDumpException.class, () -> read(text, null)).getMessage();
    }

    private static byte[] block() {
        byte[] block = new byte[256];
        block[0x80] = 0x06;
        block[0xa0] = 0x08;
        block[0xa8] = 0x01;
        block[0xc0] = 0x08;
        return block;
    }

    @Nested
    class Reading {
        @Test
        void hexdumpWithRepeatedLines() throws CrycbDumpException {
            CrycbDump dump = read(CANONICAL, null);
            assertEquals(CrycbFormat.FORMAT_2, dump.format());
            assertEquals(ApMask.of(5, 6), dump.adapters());
            assertEquals(ApMask.of(4, 0x47), dump.domains());
            assertEquals(ApMask.of(4), dump.controlDomains());
            assertEquals(List.of(new Apqn(5, 4), new Apqn(5, 0x47), new Apqn(6, 4), new Apqn(6, 0x47)), dump.apqns());
        }

        @Test
        void xxdOfANarrowBlock() throws CrycbDumpException {
            CrycbDump dump = read(XXD, null);
            assertEquals(CrycbFormat.FORMAT_0, dump.format());
            assertEquals(ApMask.of(5), dump.adapters());
            assertEquals(ApMask.of(4, 6), dump.domains());
            assertEquals(ApMask.of(4), dump.controlDomains());
        }

        @Test
        void bareDigitsWithAnyBlanks() throws CrycbDumpException {
            String hex = HexFormat.of().formatHex(block());
            String spread = "0x" + hex.substring(0, 100) + "\n\t" + hex.substring(100, 300) + " \r\n"
                    + hex.substring(300);
            assertEquals(ApMask.of(5, 6), read(spread, null).adapters());
        }

        /** What the tools print for the first 32 bytes of a block; each line is theirs but for the address. */
        @ParameterizedTest
        @ValueSource(strings = {
                // gdb: x/8xw, x/4xg, x/32xb, with a symbol
                "0x3ff7e000:\t0x04000000\t0x00000000\t0x0a000000\t0x00000000\n"
                        + "0x3ff7e010:\t0x08000000\t0x00000000\t0x00000000\t0x00000000\n",
                "0x3ff7e000 <page+2048>:\t0x0400000000000000\t0x0a00000000000000\n"
                        + "0x3ff7e010 <page+2064>:\t0x0800000000000000\t0x0000000000000000\n",
                "0x3ff7e000:\t0x04\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\n"
                        + "0x3ff7e008:\t0x0a\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\n"
                        + "0x3ff7e010:\t0x08\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\n"
                        + "0x3ff7e018:\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\t0x00\n",
                // QEMU: xp /8xw
                "000000003ff7e000: 0x04000000 0x00000000 0x0a000000 0x00000000\n"
                        + "000000003ff7e010: 0x08000000 0x00000000 0x00000000 0x00000000\n",
                // crash: rd
                "        3ff7e000:  0400000000000000 0a00000000000000   ................\n"
                        + "        3ff7e010:  0800000000000000 0000000000000000   ................\n",
                // od -t x1, -A d, -A x, -A n, -t x1z
                "0000000 04 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00\n"
                        + "0000020 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n0000040\n",
                "0000000 04 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00\n"
                        + "0000016 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n0000032\n",
                "000000 04 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00\n"
                        + "000010 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n000020\n",
                " 04 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00\n 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n",
                "0000000 04 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00  >................<\n"
                        + "0000020 08 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  >................<\n0000040\n",
                // bytes between colons, in one line or several; a list of a program
                "04:00:00:00:00:00:00:00:0a:00:00:00:00:00:00:00:08:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\n",
                "04:00:00:00:00:00:00:00:0a:00:00:00:00:00:00:00:\n08:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\n",
                "0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,\n"
                        + "0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00\n"})
        void whatToolsPrint(String text) throws CrycbDumpException {
            assertEquals(read(XXD, null).toString(), read(text, null).toString());
        }

        @Test
        void charactersBesideTheDigitsMayBeAnything() throws CrycbDumpException {
            String text = "00000000  04 00 00 00 00 00 00 00  3a 00 00 00 00 00 00 00  |:.x 00: zz......|\n"
                    + "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n00000020\n";
            assertEquals(ApMask.of(2, 3, 4, 6), read(text, null).domains());
        }

        @Test
        void aStarOfOdRepeatsUpToAnOctalOrDecimalOffset() throws CrycbDumpException {
            String line = "0000000 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n";
            assertEquals(CrycbFormat.FORMAT_2, read(line + "0000400\n", null).format());
            assertEquals(CrycbFormat.FORMAT_2, read(line + "0000256\n", null).format());
            assertEquals(CrycbFormat.FORMAT_1, read(line + "0000200\n", null).format());
        }

        @Test
        void binary() throws CrycbDumpException {
            assertEquals(ApMask.of(4, 0x47), CrycbDump.read(block(), null).domains());
        }

        @Test
        void aCryptoPageWithTheBlockAt0x800() throws CrycbDumpException {
            byte[] page = new byte[4096];
            System.arraycopy(block(), 0, page, 0x800, 256);
            assertEquals(ApMask.of(5, 6), CrycbDump.read(page, null).adapters());
        }
    }

    @Nested
    class TheFormat {
        @Test
        void isFoundByTheApcbThatHasBits() throws CrycbDumpException {
            byte[] narrow = new byte[256];
            narrow[0] = 0x04;
            assertEquals(CrycbFormat.FORMAT_1, CrycbDump.read(narrow, null).format());
            assertEquals(CrycbFormat.FORMAT_2, CrycbDump.read(new byte[256], null).format());
            assertEquals(CrycbFormat.FORMAT_1, CrycbDump.read(new byte[128], null).format());
        }

        @Test
        void mustBeToldIfBothHave() throws CrycbDumpException {
            byte[] both = block();
            both[0] = 0x40;
            CrycbDumpException e = assertThrows(CrycbDumpException.class, () -> CrycbDump.read(both, null));
            assertTrue(e.getMessage().startsWith("both APCBs have bits set: tell the format, 0, 1 or 2"));
            assertEquals(ApMask.of(1), CrycbDump.read(both, CrycbFormat.FORMAT_1).adapters());
            assertEquals(ApMask.of(5, 6), CrycbDump.read(both, CrycbFormat.FORMAT_2).adapters());
        }

        @Test
        void mustFitIntoTheDump() {
            assertThrows(CrycbDumpException.class, () -> CrycbDump.read(new byte[128], CrycbFormat.FORMAT_2));
            assertThrows(CrycbDumpException.class, () -> CrycbDump.read(new byte[256], CrycbFormat.INVALID));
        }
    }

    @Nested
    class Refusing {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 31, 33, 127, 255, 257, 4095, 4097})
        void otherLengths(int length) {
            byte[] bytes = new byte[length];
            CrycbDumpException e = assertThrows(CrycbDumpException.class, () -> CrycbDump.read(bytes, null));
            assertEquals("a dump of " + length + " bytes: a CRYCB has 32, 128 or 256, KVM's crypto page has 4096",
                    e.getMessage());
        }

        @ParameterizedTest
        @CsvSource(delimiter = ';', value = {"00 01 0g;line 1: 'g' is not a hex digit",
                "00 01 0;line 1: an odd number of hex digits: 5", "zz: 00;line 1: 'zz' is not an offset in hex",
                "0000000 0004 0000 000a 0000;line 1: words are in the byte order of the computer that printed them:"
                        + " let it print bytes (od -t x1, hexdump -C)",
                "*;line 1: '*' repeats a line, but there is none with an offset before it"})
        void whatIsNoHex(String text, String message) {
            assertEquals(message, error(text));
        }

        @Test
        void aLineThatIsMissing() {
            assertEquals("line 2: offset 0x20, but 0x10 is next",
                    error(XXD.replace("00000010:", "00000020:")));
        }

        @Test
        void aStarAtTheEnd() {
            assertEquals("line 11: '*' is not followed by a line with an offset",
                    error(CANONICAL.replace("00000100\n", "") + "\n*\n"));
        }

        @Test
        void anyRandomTextWithAMessageInOneLine() {
            Random random = new Random(2911);
            String alphabet = "0123456789abcdefx:*| \n\tZ";
            for (int round = 0; round < 3000; round++) {
                StringBuilder text = new StringBuilder();
                for (int length = random.nextInt(60); length > 0; length--) {
                    text.append(alphabet.charAt(random.nextInt(alphabet.length())));
                }
                String message = error(text.toString()); // this seed makes no star that completes a block
                assertFalse(message.contains("\n"), message);
            }
        }
    }

    @Nested
    class InWords {
        @Test
        void aBlockOfFormat2() throws CrycbDumpException {
            assertEquals("""
                    format          2, masks in the APCB of format 1 at 0x80
                    adapters        5, 6
                    domains         4, 71 (0x47)
                    control domains 4
                    key masks       none
                    APQNs           4
                                    05.0004 05.0047
                                    06.0004 06.0047
                    """, read(CANONICAL, null).toString());
        }

        @Test
        void namesTheKeyMasksButDoesNotShowThem() throws CrycbDumpException {
            byte[] block = block();
            Arrays.fill(block, 0x60, 0x80, (byte) 0x5a);
            assertTrue(CrycbDump.read(block, null).toString().contains("key masks       AES\n"));
            Arrays.fill(block, 0x48, 0x60, (byte) 0x5a);
            assertTrue(CrycbDump.read(block, null).toString().contains("key masks       AES, DEA\n"));
        }

        @Test
        void remarksOnBytesThatShouldBeZero() throws CrycbDumpException {
            byte[] block = block();
            block[0x47] = 1;
            block[0xff] = 1;
            assertEquals(List.of("reserved bytes at 0x20 to 0x47 are not zero",
                    "reserved bytes at 0xe0 to 0xff are not zero"), CrycbDump.read(block, null).remarks());
            byte[] narrow = new byte[32];
            narrow[0x0a] = 1;
            assertEquals(List.of("bytes behind domain 15 are not zero; the machine does not look at them"),
                    CrycbDump.read(narrow, null).remarks());
        }

        @Test
        void remarksOnHalfAMatrix() throws CrycbDumpException {
            byte[] block = block();
            block[0x80] = 0;
            CrycbDump dump = CrycbDump.read(block, null);
            assertEquals(List.of("domains without an adapter: no queue is valid"), dump.remarks());
            assertEquals(List.of(), dump.apqns());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.device.Errno;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests and replies as the kernel's header lays them out, byte for byte, in both byte orders. */
class FuseCodecTest {
    private static final String LITTLE_LOOKUP = "2f000000 01000000 0700000000000000 0200000000000000"
            + "e8030000 e9030000 ea030000 0000 0000 63617264303500";

    private static FuseRequest little(String hex) {
        return request(hex, ByteOrder.LITTLE_ENDIAN);
    }

    private static FuseRequest big(String hex) {
        return request(hex, ByteOrder.BIG_ENDIAN);
    }

    private static FuseRequest request(String hex, ByteOrder order) {
        return new FuseRequest(ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", ""))).order(order));
    }

    private final ByteBuffer buffer = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    private final FuseReply reply = new FuseReply(buffer);

    private void assertReply(String hex) {
        int length = reply.finish();
        assertEquals(hex.replace(" ", ""), HexFormat.of().formatHex(Arrays.copyOf(buffer.array(), length)));
    }

    @Nested
    class Requests {
        @Test
        void lookupInLittleEndian() {
            FuseRequest lookup = little(LITTLE_LOOKUP);
            assertEquals(47, lookup.length());
            assertEquals(FuseRequest.LOOKUP, lookup.opcode());
            assertEquals(7, lookup.unique());
            assertEquals(2, lookup.nodeId());
            assertEquals("card05", lookup.name());
        }

        @Test
        void lookupInBigEndian() {
            FuseRequest lookup = big("0000002f 00000001 0000000000000007 0000000000000002"
                    + "000003e8 000003e9 000003ea 0000 0000 63617264303500");
            assertEquals(47, lookup.length());
            assertEquals(FuseRequest.LOOKUP, lookup.opcode());
            assertEquals(7, lookup.unique());
            assertEquals(2, lookup.nodeId());
            assertEquals("card05", lookup.name());
        }

        private static final String HEADER = "00000000 00000000 0000000000000000 0000000000000000 00000000 00000000"
                + "00000000 00000000";

        @Test
        void writeCarriesHandleOffsetAndData() {
            FuseRequest write = big(HEADER + "0000000000000009 0000000000000100 00000003 00000000"
                    + "0000000000000000 00008001 00000000 300a41 ffff");
            assertEquals(9, write.handle());
            assertEquals(256, write.offset());
            assertEquals(3, write.size());
            byte[] data = new byte[3];
            write.data().get(data);
            assertArrayEquals(new byte[]{0x30, 0x0a, 0x41}, data);
        }

        @Test
        void initOffersAVersionAndFlags() {
            FuseRequest init = little(HEADER + "07000000 2d000000 00000200 fbffff73");
            assertEquals(7, init.initMajor());
            assertEquals(45, init.initMinor());
            assertEquals(131072, init.initMaxReadahead());
            assertEquals(0x73fffffb, init.initFlags());
        }

        @Test
        void batchForgetListsPairs() {
            List<String> pairs = new ArrayList<>();
            little(HEADER + "02000000 00000000 0500000000000000 0100000000000000 0600000000000000 0200000000000000")
                    .forgottenEach((id, lookups) -> pairs.add(id + "x" + lookups));
            assertEquals(List.of("5x1", "6x2"), pairs);
        }

        @Test
        void forgetOpenAndSetattrHaveTheirWordFirst() {
            assertEquals(3, little(HEADER + "0300000000000000").forgotten());
            assertEquals(0x8241, little(HEADER + "41820000 00000000").openFlags());
            assertEquals(8, big(HEADER + "00000008 00000000").setattrValid());
        }
    }

    @Nested
    class Replies {
        @Test
        void aRefusalIsTheNegativeErrnoAlone() {
            reply.begin(0x1122334455667788L);
            reply.target("what was put before is dropped");
            reply.error(Errno.EADDRINUSE);
            assertReply("10000000 9effffff 8877665544332211");
        }

        @Test
        void initAnswersVersion31() {
            reply.begin(1);
            reply.init(131072, FuseReply.INIT_PARALLEL_DIROPS, 65536);
            assertReply("50000000 00000000 0100000000000000 07000000 1f000000 00000200 00000400 0000 0000 00000100"
                    + "01000000" + "00".repeat(36));
        }

        @Test
        void aNewerMajorIsToldOursOnly() {
            reply.begin(1);
            reply.version();
            assertReply("18000000 00000000 0100000000000000 07000000 1f000000");
        }

        @Test
        void anEntryHasItsAttributesBehindTheTimeouts() {
            reply.begin(2);
            reply.entry(new FuseAttributes(5, 0100200, 4096, 0, 0x1000), 0, 3600);
            assertReply("90000000 00000000 0200000000000000 0500000000000000 0000000000000000 0000000000000000"
                    + "100e000000000000 00000000 00000000"
                    + "0500000000000000 0010000000000000 0000000000000000" // ino size blocks
                    + "0010000000000000 0010000000000000 0010000000000000 00000000 00000000 00000000" // times
                    + "80800000 01000000 00000000 00000000 00000000 00100000 00000000"); // mode nlink uid gid rdev
        }

        @Test
        void attributesInBigEndian() {
            buffer.order(ByteOrder.BIG_ENDIAN);
            reply.begin(2);
            reply.attributes(new FuseAttributes(1, 0040755, 0, 0x0ac4, 1), 3600);
            assertReply("00000078 00000000 0000000000000002 0000000000000e10 00000000 00000000"
                    + "0000000000000001 0000000000000000 0000000000000000"
                    + "0000000000000001 0000000000000001 0000000000000001 00000000 00000000 00000000"
                    + "000041ed 00000001 00000000 00000000 00000ac4 00001000 00000000");
        }

        @Test
        void openedAndWritten() {
            reply.begin(3);
            reply.opened(9, FuseReply.OPEN_DIRECT_IO | FuseReply.OPEN_PARALLEL_WRITES);
            assertReply("20000000 00000000 0300000000000000 0900000000000000 41000000 00000000");
            reply.begin(4);
            reply.written(4096);
            assertReply("18000000 00000000 0400000000000000 00100000 00000000");
        }

        @Test
        void directoryEntriesAreRoundedToEightBytes() {
            reply.begin(5);
            assertTrue(reply.directoryEntry(4096, FuseReply.UNKNOWN_NODE, 1, 4, "."));
            assertTrue(reply.directoryEntry(4096, FuseReply.UNKNOWN_NODE, 2, 8, "ap_functions"));
            assertReply("58000000 00000000 0500000000000000"
                    + "ffffffff00000000 0100000000000000 01000000 04000000 2e00000000000000"
                    + "ffffffff00000000 0200000000000000 0c000000 08000000 61705f66756e6374696f6e7300000000");
        }

        @Test
        void anEntryThatDoesNotFitIsLeftOut() {
            reply.begin(5);
            assertTrue(reply.directoryEntry(63, FuseReply.UNKNOWN_NODE, 1, 4, "a"));
            assertFalse(reply.directoryEntry(63, FuseReply.UNKNOWN_NODE, 2, 4, "b"));
            assertEquals(FuseReply.HEADER_LENGTH + 32, reply.finish());
        }

        @Test
        void readDataStandsBehindTheHeader() {
            reply.begin(6);
            reply.room(4096).put(new byte[]{0x31, 0x0a});
            reply.filled(2);
            assertReply("12000000 00000000 0600000000000000 310a");
        }

        @Test
        void statfsIsEightyBytes() {
            reply.begin(7);
            reply.statfs(4096, 255);
            assertReply("60000000 00000000 0700000000000000" + "00".repeat(40) + "00100000 ff000000 00100000 00000000"
                    + "00".repeat(24));
        }
    }

    @ParameterizedTest
    @CsvSource({"10,196,0xac4", "242,300,0x10f22c", "511,0,0x1ff00"})
    void deviceNumbersAreEncodedAsInMknod(int major, int minor, int expected) {
        assertEquals(expected, FuseAttributes.deviceNumber(major, minor));
    }
}

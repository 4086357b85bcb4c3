// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ApMaskTest {
    static IntStream allIds() {
        return IntStream.range(0, 256);
    }

    /** S12, S26, S27: from the most to the least significant bit stand the ids 0 to 255. */
    @Test
    void s12_bitZeroIsTheLeftmostBitOfByteZero() {
        byte[] expected = new byte[32];
        expected[0] = (byte) 0x80;
        assertArrayEquals(expected, ApMask.of(0).toBytes());
    }

    @Test
    void idOneIsTheByte40() {
        assertEquals(0x40, ApMask.of(1).toBytes()[0]);
    }

    @Test
    void id255IsTheRightmostBitOfByte31() {
        assertEquals("0x" + "0".repeat(63) + "1", ApMask.of(255).toString());
    }

    @ParameterizedTest
    @MethodSource("allIds")
    void storingAndLoadingKeepsEachId(int id) {
        byte[] block = new byte[40];
        ApMask.of(id).storeTo(block, 5);
        assertEquals(0x80 >> id % 8, block[5 + id / 8] & 0xff);
        assertEquals(ApMask.of(id), ApMask.load(block, 5));
    }

    @ParameterizedTest
    @MethodSource("allIds")
    void aSingleIdIsFoundFromBothEndsAndTakenOutAgain(int id) {
        ApMask mask = ApMask.of(id);
        assertTrue(mask.contains(id));
        assertEquals(id, mask.next(0));
        assertEquals(id, mask.next(id));
        assertEquals(-1, mask.next(id + 1));
        assertEquals(id, mask.last());
        assertEquals(1, mask.count());
        assertEquals(ApMask.NONE, mask.without(id));
        assertEquals(255, ApMask.ALL.without(id).count());
    }

    @Test
    void theSysfsFormIsReadBack() {
        String text = "0x0800000000000000010000000000000000000000001000000000000000000001";
        assertEquals(ApMask.of(4, 0x47, 0xab, 0xff), ApMask.parseHex(text));
        assertEquals(text, ApMask.of(4, 0x47, 0xab, 0xff).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0x", "0x00", "0X0800000000000000010000000000000000000000001000000000000000000001",
            "g800000000000000010000000000000000000000001000000000000000000001"})
    void anotherFormIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ApMask.parseHex(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256, Integer.MIN_VALUE})
    void anIdOutsideIsRefused(int id) {
        assertThrows(IndexOutOfBoundsException.class, () -> ApMask.of(id));
        assertThrows(IndexOutOfBoundsException.class, () -> ApMask.ALL.contains(id));
        assertThrows(IndexOutOfBoundsException.class, () -> ApMask.ALL.without(id));
    }

    @Test
    void setOperationsAgreeWithABitSet() {
        Random random = new Random(20180508);
        for (int round = 0; round < 2000; round++) {
            BitSet a = randomSet(random);
            BitSet b = randomSet(random);
            ApMask left = mask(a);
            ApMask right = mask(b);
            assertEquals(a.intersects(b), left.intersects(right));
            assertEquals(a.cardinality(), left.count());
            assertEquals(a.isEmpty(), left.isEmpty());
            assertArrayEquals(a.stream().toArray(), left.ids().toArray());
            int from = random.nextInt(300);
            assertEquals(a.nextSetBit(from), left.next(from));
            BitSet and = (BitSet) a.clone();
            and.and(b);
            assertEquals(mask(and), left.and(right));
            BitSet or = (BitSet) a.clone();
            or.or(b);
            assertEquals(mask(or), left.or(right));
            BitSet minus = (BitSet) a.clone();
            minus.andNot(b);
            assertEquals(mask(minus), left.minus(right));
            assertEquals(mask(a).hashCode(), left.hashCode());
        }
    }

    private static BitSet randomSet(Random random) {
        BitSet set = new BitSet(256);
        for (int i = random.nextInt(40); i > 0; i--) {
            set.set(random.nextInt(256));
        }
        return set;
    }

    private static ApMask mask(BitSet set) {
        return ApMask.of(set.stream().toArray());
    }

    @Test
    void rangesAreInclusiveAndMayBeEmpty() {
        assertEquals(ApMask.ALL, ApMask.range(0, 255));
        assertEquals(ApMask.NONE, ApMask.range(5, 4));
        assertEquals(ApMask.of(63, 64), ApMask.range(63, 64));
        assertNotEquals(ApMask.of(63), ApMask.range(63, 64));
        assertFalse(ApMask.range(1, 3).contains(0));
    }
}

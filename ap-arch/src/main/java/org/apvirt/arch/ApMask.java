// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * An immutable 256-bit AP mask (APM, AQM or ADM), numbered MSB-0 as the architecture numbers bits.
 * Bit 0 is the leftmost bit of byte 0: the mask holding only id 1 has the bytes {@code 40 00 .. 00}.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/ap.h}, {@code struct ap_config_info}; {@code test_bit_inv}.
 */
public final class ApMask {
    /** Number of ids a mask has room for: 0..255. */
    public static final int BITS = 256;
    /** Length of a stored mask in bytes. */
    public static final int BYTES = BITS / 8;
    /** No id. */
    public static final ApMask NONE = new ApMask(0, 0, 0, 0);
    /** All 256 ids. */
    public static final ApMask ALL = new ApMask(-1, -1, -1, -1);

    private static final VarHandle BE_LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final HexFormat HEX = HexFormat.of();
    private static final ApMask[] SINGLE = new ApMask[BITS];

    static {
        for (int id = 0; id < BITS; id++) {
            SINGLE[id] = NONE.with(id);
        }
    }

    private final long w0; // bits 0..63, bit 0 leftmost
    private final long w1;
    private final long w2;
    private final long w3;

    private ApMask(long w0, long w1, long w2, long w3) {
        this.w0 = w0;
        this.w1 = w1;
        this.w2 = w2;
        this.w3 = w3;
    }

    private static long bit(int id) {
        return Long.MIN_VALUE >>> id; // Java shifts a long by the low 6 bits of id
    }

    /**
     * Returns the mask with exactly this id, always the same one.
     *
     * @throws IndexOutOfBoundsException if the id is not in 0..255
     */
    public static ApMask of(int id) {
        return SINGLE[Objects.checkIndex(id, BITS)];
    }

    /**
     * Returns the mask with exactly these ids.
     *
     * @throws IndexOutOfBoundsException if an id is not in 0..255
     */
    public static ApMask of(int... ids) {
        ApMask mask = NONE;
        for (int id : ids) {
            mask = mask.with(id);
        }
        return mask;
    }

    /** Returns the mask with the ids {@code first..last}; none if {@code last < first}. */
    public static ApMask range(int first, int last) {
        ApMask mask = NONE;
        for (int id = first; id <= last; id++) {
            mask = mask.with(id);
        }
        return mask;
    }

    /**
     * Builds a mask from four words of 64 ids, as a caller that kept it in plain longs has it.
     *
     * @param w0 ids 0..63, id 0 leftmost; the other words alike
     */
    public static ApMask ofWords(long w0, long w1, long w2, long w3) {
        return new ApMask(w0, w1, w2, w3);
    }

    /** Reads 32 bytes as a mask. */
    public static ApMask load(byte[] storage, int offset) {
        return new ApMask((long) BE_LONG.get(storage, offset), (long) BE_LONG.get(storage, offset + 8),
                (long) BE_LONG.get(storage, offset + 16), (long) BE_LONG.get(storage, offset + 24));
    }

    /**
     * Parses exactly 64 hexadecimal digits, with or without a leading {@code 0x}: the form that sysfs prints.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static ApMask parseHex(String text) {
        String digits = text.startsWith("0x") ? text.substring(2) : text;
        if (digits.length() != BYTES * 2) {
            throw new IllegalArgumentException("not a mask of 64 hex digits: '" + Printable.line(text) + "'");
        }
        try {
            return load(HEX.parseHex(digits), 0);
        } catch (IllegalArgumentException e) { // its own text quotes a character as it is
            throw new IllegalArgumentException("not a mask of 64 hex digits: '" + Printable.line(text) + "'", e);
        }
    }

    /** Writes the mask as 32 bytes. */
    public void storeTo(byte[] storage, int offset) {
        BE_LONG.set(storage, offset, w0);
        BE_LONG.set(storage, offset + 8, w1);
        BE_LONG.set(storage, offset + 16, w2);
        BE_LONG.set(storage, offset + 24, w3);
    }

    /** Returns the 32 bytes of the mask. */
    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        storeTo(bytes, 0);
        return bytes;
    }

    /**
     * Returns one of the four words.
     *
     * @param index 0..3; word 0 holds ids 0..63, id 0 leftmost
     */
    public long word(int index) {
        return switch (index) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            case 3 -> w3;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    /** Tells whether the id is in the mask. */
    public boolean contains(int id) {
        return (word(Objects.checkIndex(id, BITS) >> 6) & bit(id)) != 0;
    }

    /** Returns this mask and one more id. */
    public ApMask with(int id) {
        long b = bit(id);
        return switch (Objects.checkIndex(id, BITS) >> 6) {
            case 0 -> new ApMask(w0 | b, w1, w2, w3);
            case 1 -> new ApMask(w0, w1 | b, w2, w3);
            case 2 -> new ApMask(w0, w1, w2 | b, w3);
            default -> new ApMask(w0, w1, w2, w3 | b);
        };
    }

    /** Returns this mask less one id. */
    public ApMask without(int id) {
        return minus(SINGLE[Objects.checkIndex(id, BITS)]);
    }

    /** Returns the ids that are in both masks; this one if that is all of it. */
    public ApMask and(ApMask other) {
        if ((w0 & ~other.w0 | w1 & ~other.w1 | w2 & ~other.w2 | w3 & ~other.w3) == 0) {
            return this;
        }
        if (!intersects(other)) {
            return NONE;
        }
        return new ApMask(w0 & other.w0, w1 & other.w1, w2 & other.w2, w3 & other.w3);
    }

    /** Returns the ids that are in either mask; this one if the other adds nothing. */
    public ApMask or(ApMask other) {
        if ((other.w0 & ~w0 | other.w1 & ~w1 | other.w2 & ~w2 | other.w3 & ~w3) == 0) {
            return this;
        }
        return new ApMask(w0 | other.w0, w1 | other.w1, w2 | other.w2, w3 | other.w3);
    }

    /** Returns the ids of this mask that are not in the other; this one if that is all of it. */
    public ApMask minus(ApMask other) {
        if (!intersects(other)) {
            return this;
        }
        return new ApMask(w0 & ~other.w0, w1 & ~other.w1, w2 & ~other.w2, w3 & ~other.w3);
    }

    /** Tells whether the masks share an id; allocates nothing. */
    public boolean intersects(ApMask other) {
        return (w0 & other.w0 | w1 & other.w1 | w2 & other.w2 | w3 & other.w3) != 0;
    }

    /** Tells whether no id is in the mask. */
    public boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }

    /** Returns the number of ids in the mask. */
    public int count() {
        return Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
    }

    /**
     * Returns the smallest id in the mask that is not below {@code from}, or -1.
     *
     * @param from where to start; 256 and above find nothing
     */
    public int next(int from) {
        for (int id = Math.max(from, 0); id < BITS; id = (id | 63) + 1) {
            long rest = word(id >> 6) << id; // the word's ids from this one on
            if (rest != 0) {
                return id + Long.numberOfLeadingZeros(rest);
            }
        }
        return -1;
    }

    /** Returns the largest id in the mask, or -1. */
    public int last() {
        for (int index = 3; index >= 0; index--) {
            long word = word(index);
            if (word != 0) {
                return index * 64 + 63 - Long.numberOfTrailingZeros(word);
            }
        }
        return -1;
    }

    /** Hands each id to the consumer, ascending. */
    public void forEach(IntConsumer action) {
        for (int id = next(0); id >= 0; id = next(id + 1)) {
            action.accept(id);
        }
    }

    /** Returns the ids, ascending. */
    public IntStream ids() {
        return IntStream.iterate(next(0), id -> id >= 0, id -> next(id + 1));
    }

    /** Returns the 64 lower-case hex digits, without prefix. */
    public String toHex() {
        return HEX.toHexDigits(w0) + HEX.toHexDigits(w1) + HEX.toHexDigits(w2) + HEX.toHexDigits(w3);
    }

    @Override
    public boolean equals(@org.checkerframework.checker.nullness.qual.Nullable Object other) {
        return other instanceof ApMask mask && w0 == mask.w0 && w1 == mask.w1 && w2 == mask.w2 && w3 == mask.w3;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(w0 ^ w1 * 31 ^ w2 * 961 ^ w3 * 29791);
    }

    /** Returns the sysfs form: {@code 0x} and 64 lower-case hex digits. */
    @Override
    public String toString() {
        return "0x" + toHex();
    }
}

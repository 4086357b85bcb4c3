// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A view of a control block in main storage, which is big-endian whatever this program runs on. It copies nothing, and
 * reading a field allocates nothing. As safe for several threads as the bytes are.
 */
public abstract class ControlBlock {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    /** What the block lies in. */
    final byte[] storage;
    /** Where in the storage it begins. */
    final int origin;
    private final int length;

    /**
     * Wraps bytes of a storage.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside it
     */
    ControlBlock(byte[] storage, int origin, int length) {
        Objects.checkFromIndexSize(origin, length, storage.length);
        this.storage = storage;
        this.origin = origin;
        this.length = length;
    }

    final long doubleword(int offset) {
        return (long) LONG.get(storage, origin + offset);
    }

    final void doubleword(int offset, long value) {
        LONG.set(storage, origin + offset, value);
    }

    final int word(int offset) {
        return (int) INT.get(storage, origin + offset);
    }

    final void word(int offset, int value) {
        INT.set(storage, origin + offset, value);
    }

    final int halfword(int offset) {
        return (short) SHORT.get(storage, origin + offset) & 0xffff;
    }

    final void halfword(int offset, int value) {
        SHORT.set(storage, origin + offset, (short) value);
    }

    final int byteAt(int offset) {
        return storage[origin + offset] & 0xff;
    }

    final void byteAt(int offset, int value) {
        storage[origin + offset] = (byte) value;
    }

    /** Tells whether a bit of a mask is set; bit 0 is the leftmost. */
    final boolean isSet(int offset, int bit) {
        return (storage[origin + offset + (bit >> 3)] & 0x80 >> (bit & 7)) != 0;
    }

    /** Returns a doubleword of bytes that are not a block. */
    static long doubleword(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    /** Stores a doubleword into bytes that are not a block. */
    static void doubleword(byte[] bytes, int offset, long value) {
        LONG.set(bytes, offset, value);
    }

    /** Makes all bytes zero. */
    final void zero() {
        Arrays.fill(storage, origin, origin + length, (byte) 0);
    }

    /** Returns a copy of the bytes. */
    public final byte[] bytes() {
        return Arrays.copyOfRange(storage, origin, origin + length);
    }
}

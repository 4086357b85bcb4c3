// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/** A view of a stretch of a message: big-endian fields at fixed offsets. Bounds are checked once, on wrapping. */
abstract sealed class MessageBlock permits Type50Message, Type6Header, Type86Header, Cprbx, Ep11Cprb {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] storage;
    private final int origin;

    MessageBlock(byte[] storage, int origin, int length) {
        Objects.checkFromIndexSize(origin, length, storage.length);
        this.storage = storage;
        this.origin = origin;
    }

    /** Returns the array that the block lies in. */
    public final byte[] storage() {
        return storage;
    }

    final int u8(int offset) {
        return storage[origin + offset] & 0xff;
    }

    final void u8(int offset, int value) {
        storage[origin + offset] = (byte) value;
    }

    final int u16(int offset) {
        return (short) SHORT.get(storage, origin + offset) & 0xffff;
    }

    final void u16(int offset, int value) {
        SHORT.set(storage, origin + offset, (short) value);
    }

    final int i32(int offset) {
        return (int) INT.get(storage, origin + offset);
    }

    final void i32(int offset, int value) {
        INT.set(storage, origin + offset, value);
    }

    final long i64(int offset) {
        return (long) LONG.get(storage, origin + offset);
    }

    final void i64(int offset, long value) {
        LONG.set(storage, origin + offset, value);
    }

    final byte[] bytes(int offset, int length) {
        return Arrays.copyOfRange(storage, origin + offset, origin + offset + length);
    }
}

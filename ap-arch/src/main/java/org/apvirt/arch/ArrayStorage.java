// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/** Storage in one byte array, logical address = absolute address = index. Outside it: an addressing exception. */
public final class ArrayStorage implements Storage {
    private final byte[] bytes;

    /** Storage of a size in bytes, all zero. */
    public ArrayStorage(int size) {
        this(new byte[size]);
    }

    /** A view of an array; nothing is copied. */
    public ArrayStorage(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Returns the array itself. */
    public byte[] array() {
        return bytes;
    }

    private boolean outside(long address, int length) {
        return address < 0 || address > bytes.length - (long) length;
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        if (outside(address, length)) {
            return ProgramCode.ADDRESSING;
        }
        System.arraycopy(bytes, (int) address, into, offset, length);
        return 0;
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        if (outside(address, length)) {
            return ProgramCode.ADDRESSING;
        }
        System.arraycopy(from, offset, bytes, (int) address, length);
        return 0;
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        return load(address, into, offset, length);
    }

    @Override
    public int storeAbsolute(long address, byte[] from, int offset, int length) {
        return store(address, from, offset, length);
    }
}

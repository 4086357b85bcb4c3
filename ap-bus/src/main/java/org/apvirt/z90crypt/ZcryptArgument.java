// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The argument of an ioctl: a structure and what its pointers point to. Answers come back in place. */
public final class ZcryptArgument {
    /**
     * A pointer in the structure.
     *
     * @param field its offset in the structure
     * @param target what it points to
     */
    private record Pointer(int field, byte[] target) {}

    private final ByteBuffer structure;
    private final List<Pointer> pointers = new ArrayList<>();

    /** An argument all of whose fields are 0. */
    public ZcryptArgument(int length) {
        structure = ByteBuffer.allocate(length);
    }

    /** Returns the structure, big-endian. */
    public ByteBuffer structure() {
        return structure;
    }

    /** Lets a field point to bytes. Pointers are given in the order of their fields. */
    public ZcryptArgument point(int field, byte[] target) {
        pointers.add(new Pointer(field, target));
        return this;
    }

    /** Returns structure and targets, one after the other. */
    public byte[] toBytes() {
        ByteBuffer all = ByteBuffer.allocate(length()).put(structure.array());
        pointers.forEach(pointer -> all.put(pointer.target));
        return all.array();
    }

    /**
     * Returns structure and targets as they lie in memory at an address, with the pointers filled in.
     *
     * @param address of the first byte
     */
    public byte[] toBytes(long address) {
        long target = address + structure.capacity();
        for (Pointer pointer : pointers) {
            structure.putLong(pointer.field, pointer.target.length == 0 ? 0 : target);
            target += pointer.target.length;
        }
        return toBytes();
    }

    /** Takes back what {@link #toBytes()} gave, after an ioctl has changed it. */
    public void fromBytes(byte[] bytes) {
        ByteBuffer all = ByteBuffer.wrap(bytes).get(structure.array());
        pointers.forEach(pointer -> all.get(pointer.target));
    }

    private int length() {
        return structure.capacity() + pointers.stream().mapToInt(pointer -> pointer.target.length).sum();
    }
}

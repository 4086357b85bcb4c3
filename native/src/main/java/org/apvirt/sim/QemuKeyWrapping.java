// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;

import org.apvirt.arch.Sender;

/**
 * Protected keys as QEMU's TCG unwraps them: the key with 0xaa on each byte, and a fixed pattern. It protects nothing; QEMU
 * has it for debugging. Source: QEMU {@code target/s390x/tcg/cpacf.h}, versions after 11.1.
 */
final class QemuKeyWrapping implements ProtectedKeyWrapping {
    static final QemuKeyWrapping INSTANCE = new QemuKeyWrapping();

    private static final int PATTERN_LENGTH = 32;
    private static final byte[] PATTERN = {0x0f, 0x0a, 0x0c, 0x0e};

    private QemuKeyWrapping() {}

    @Override
    public byte[] wrap(byte[] key, Sender sender) {
        byte[] both = Arrays.copyOf(key, key.length + PATTERN_LENGTH);
        for (int i = 0; i < both.length; i++) {
            both[i] = i < key.length ? (byte) (key[i] ^ 0xaa) : PATTERN[(i - key.length) % PATTERN.length];
        }
        return both;
    }

    @Override
    public String toString() {
        return "qemu: QEMU's fixed form, which protects nothing";
    }
}

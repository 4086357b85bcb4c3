// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.random.RandomGenerator;

import org.apvirt.arch.Sender;

/**
 * How a card wraps a key for the CPU: the protected key is the key enciphered by a secret of the CPU or of the virtual
 * machine that asks, followed by a pattern of that secret, 32 bytes. {@code toString} names the way, so that nobody takes
 * one for another.
 */
public sealed interface ProtectedKeyWrapping permits HostKeyWrapping, QemuKeyWrapping {
    /** 11.1.50, which is what the development after QEMU 11.1 calls itself. */
    long FIRST_QEMU = 11_0001_0050;

    /** The way of this machine's CPUs: a secret that is new at each start, changed by a guest's mask. */
    static ProtectedKeyWrapping ofHost(RandomGenerator random) {
        return new HostKeyWrapping(() -> {
            byte[] secret = new byte[Sender.MASK_LENGTH];
            random.nextBytes(secret);
            return secret;
        });
    }

    /** The way of QEMU's TCG, which no secret protects. */
    static ProtectedKeyWrapping ofQemu() {
        return QemuKeyWrapping.INSTANCE;
    }

    /**
     * Tells whether a QEMU unwraps protected keys in TCG, and so in no other way than {@link #ofQemu}.
     *
     * @param version for example {@code 11.1.3}; empty: not known
     */
    static boolean isOfQemu(String version) {
        String[] parts = version.split("\\.");
        long number = 0;
        for (int i = 0; i < 3; i++) {
            number = number * 10_000
                    + (i < parts.length && parts[i].matches("[0-9]{1,4}") ? Integer.parseInt(parts[i]) : 0);
        }
        return number >= FIRST_QEMU;
    }

    /**
     * Returns a protected key.
     *
     * @param key the clear key, 16 bytes or more
     * @param sender who asked
     * @return as many bytes as the key has, then 32 bytes of pattern
     */
    byte[] wrap(byte[] key, Sender sender);
}

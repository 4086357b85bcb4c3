// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Storage;
import org.apvirt.sie.SieBlock;

/**
 * What a virtual machine is made of besides its host.
 *
 * @param memory the guest's storage, by guest absolute address
 * @param memoryBytes its size in bytes
 * @param protectedKeys which of {@link SieBlock#ECD_ECC} and {@link SieBlock#ECD_HMAC} the host's PCKMO offers
 * @param random where wrapping-key masks come from
 * @param statusInUpperHalf reproduce the kernel's answer to PQAP(AQIC) without a hook: the status in the upper half of
 *     GR1
 */
public record KvmOptions(Storage memory, long memoryBytes, int protectedKeys, RandomGenerator random,
        boolean statusInUpperHalf) {
    /** Size of the storage that {@link #small()} gives, in bytes. */
    public static final int SMALL_BYTES = 0x1_0000;

    /** Returns options with a little storage of their own: enough for the notification byte of an AP bus. */
    public static KvmOptions small() {
        return of(new ArrayStorage(SMALL_BYTES), SMALL_BYTES);
    }

    /** Returns options with the given storage. */
    public static KvmOptions of(Storage memory, long memoryBytes) {
        return new KvmOptions(memory, memoryBytes, 0, new SecureRandom(), false);
    }

    /** Returns these options with another source of wrapping-key masks. */
    public KvmOptions withRandom(RandomGenerator newRandom) {
        return new KvmOptions(memory, memoryBytes, protectedKeys, newRandom, statusInUpperHalf);
    }

    /** Returns these options with a host whose PCKMO offers protected keys of these kinds. */
    public KvmOptions withProtectedKeys(int newProtectedKeys) {
        return new KvmOptions(memory, memoryBytes, newProtectedKeys, random, statusInUpperHalf);
    }

    /** Returns these options with the kernel's answer to PQAP(AQIC) without a hook. */
    public KvmOptions withStatusInUpperHalf() {
        return new KvmOptions(memory, memoryBytes, protectedKeys, random, true);
    }
}

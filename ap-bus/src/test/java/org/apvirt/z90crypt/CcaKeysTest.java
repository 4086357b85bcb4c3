// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.util.Arrays;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.MasterKeySet;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CcaKeysTest extends OpenZcryptDevice {
    private static final Apqn QUEUE = new Apqn(5, 4);
    private static final byte[] HASH = new byte[32];

    private final CcaKeys keys = device.keys();

    CcaKeysTest() {
        super(machine -> machine
                .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA).keys(4,
                        DomainKeys.NONE.with(MasterKeySet.AES, new byte[32])))
                .usageDomains(ApMask.of(4, 6)));
    }

    @Test
    void aGeneratedKeySignsAndVerifies() throws ErrnoException {
        EcClearToken key = keys.generate(EcCurve.P384);
        byte[] signature = keys.sign(key, HASH);
        assertEquals(96, signature.length);
        assertTrue(keys.verify(EcClearToken.ofPublic(EcCurve.P384, key.publicKey()), HASH, signature));
        signature[95] ^= 1;
        assertFalse(keys.verify(key, HASH, signature));
    }

    @Test
    void twoKeysDeriveOneSecret() throws ErrnoException {
        EcClearToken one = keys.generate(EcCurve.P256);
        EcClearToken two = keys.generate(EcCurve.P256);
        byte[] secret = keys.derive(one, two);
        assertEquals(32, secret.length);
        assertArrayEquals(secret, keys.derive(two, one));
        EcClearToken other = keys.generate(EcCurve.P384);
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> keys.derive(one, other)).errno());
    }

    @Test
    void secureKeysAreOfTheQueuesDomain() throws ErrnoException {
        byte[] clear = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        byte[] token = keys.importAes(QUEUE, clear);
        assertEquals(16, clear[15]); // the caller's key is the caller's
        assertTrue(AesDataToken.isValid(token));
        assertEquals(48, keys.protectedKey(QUEUE, token).length);
        assertArrayEquals(keys.protectedKey(QUEUE, token), keys.protectedKey(QUEUE, keys.importAes(QUEUE, clear)));
        assertFalse(Arrays.equals(keys.generateAes(QUEUE, 128), keys.generateAes(QUEUE, 128)));
    }

    @Test
    void aCipherKeyIsImportedInPartsAndItsProtectedKeyIsThatOfTheDataKey() throws ErrnoException {
        byte[] clear = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        byte[] token = keys.importCipher(QUEUE, clear);
        assertEquals(16, clear[15]);
        assertArrayEquals(keys.protectedKey(QUEUE, keys.importAes(QUEUE, clear)), keys.protectedKey(QUEUE, token));
        for (int bits : new int[]{128, 192, 256}) {
            assertEquals(bits / 8 + 32, keys.protectedKey(QUEUE, keys.generateCipher(QUEUE, bits)).length);
        }
    }

    @Test
    void aRefusalIsEioAndTellsTheCodes() {
        ErrnoException e = assertThrows(ErrnoException.class, () -> keys.generateAes(new Apqn(5, 6), 256));
        assertEquals(Errno.EIO, e.errno());
        assertTrue(e.getMessage().contains("12/764"), e.getMessage());
        assertEquals(Errno.ENODEV,
                assertThrows(ErrnoException.class, () -> keys.generateAes(new Apqn(7, 6), 256)).errno());
    }
}

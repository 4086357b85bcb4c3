// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.charset.StandardCharsets;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ep11.Ep11Blob;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.KeyRegister;
import org.apvirt.sim.WrappingKey;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ep11DeviceKeysTest extends OpenZcryptDevice {
    private static final Apqn QUEUE = new Apqn(8, 4);
    private static final byte[] TEXT = "a text that is no multiple of 16".concat("!")
            .getBytes(StandardCharsets.US_ASCII);

    private final Ep11Keys keys = device.ep11Keys();

    Ep11DeviceKeysTest() {
        super(machine -> machine
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).keys(4, DomainKeys.NONE.with(
                        new WrappingKey(true, WrappingKey.register(new byte[32]), KeyRegister.EMPTY, false))))
                .usageDomains(ApMask.of(4, 6)));
    }

    @Test
    void aGeneratedKeyDeciphersWhatItEnciphered() throws ErrnoException {
        byte[] blob = keys.generate(QUEUE, 256);
        assertEquals(Ep11Blob.LENGTH, blob.length);
        assertArrayEquals(TEXT, keys.decrypt(QUEUE, blob, keys.encrypt(QUEUE, blob, TEXT)));
    }

    @Test
    void anImportedKeyIsTheCallersKey() throws ErrnoException {
        for (int bytes : new int[]{16, 24, 32}) {
            byte[] clear = new byte[bytes];
            clear[bytes - 1] = 9;
            byte[] one = keys.importKey(QUEUE, clear);
            byte[] two = keys.importKey(QUEUE, clear);
            assertEquals(9, clear[bytes - 1]); // the caller's key is the caller's
            assertArrayEquals(keys.encrypt(QUEUE, one, TEXT), keys.encrypt(QUEUE, two, TEXT));
            assertArrayEquals(keys.protectedKey(QUEUE, one), keys.protectedKey(QUEUE, two));
            assertEquals(bytes + 32, keys.protectedKey(QUEUE, one).length);
        }
    }

    @Test
    void aRefusalIsEioAndTellsTheReturnValue() throws ErrnoException {
        ErrnoException noKey = assertThrows(ErrnoException.class, () -> keys.generate(new Apqn(8, 6), 256));
        assertEquals(Errno.EIO, noKey.errno());
        assertTrue(noKey.getMessage().contains("80010009"), noKey.getMessage());
        byte[] blob = keys.generate(QUEUE, 128, (int) Ep11Blob.ENCRYPT);
        ErrnoException forbidden = assertThrows(ErrnoException.class, () -> keys.decrypt(QUEUE, blob, new byte[16]));
        assertTrue(forbidden.getMessage().endsWith(" 68"), forbidden.getMessage());
        assertEquals(Errno.ENODEV,
                assertThrows(ErrnoException.class, () -> keys.generate(new Apqn(9, 4), 256)).errno());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

class ProtectedKeyWrappingTest {
    private static final byte[] KEY = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");

    private static Sender guest(int maskByte) {
        byte[] mask = new byte[Sender.MASK_LENGTH];
        Arrays.fill(mask, (byte) maskByte);
        return new Sender(ApMask.of(4), mask);
    }

    @Test
    void qemusFormIsTheSameForEverybody() {
        byte[] wrapped = ProtectedKeyWrapping.ofQemu().wrap(KEY, guest(1));
        assertEquals("aabb8899eeffccdd2233001166774455" + "0f0a0c0e".repeat(8), HexFormat.of().formatHex(wrapped));
        assertArrayEquals(wrapped, ProtectedKeyWrapping.ofQemu().wrap(KEY, guest(2)));
    }

    @Test
    void theHostsSecretIsOfOneStartAndAGuestsOfOneGuest() {
        ProtectedKeyWrapping start = ProtectedKeyWrapping.ofHost(new Random(1));
        byte[] wrapped = start.wrap(KEY, guest(1));
        assertArrayEquals(wrapped, start.wrap(KEY, guest(1)));
        assertFalse(Arrays.equals(wrapped, start.wrap(KEY, guest(2))));
        assertFalse(Arrays.equals(wrapped, ProtectedKeyWrapping.ofHost(new Random(2)).wrap(KEY, guest(1))));
    }

    @ParameterizedTest
    @CsvSource({"7.2.22, false", "10.0.13, false", "11.1.3, false", "11.1.50, true", "11.2.0, true", "12.0.0, true",
            "'', false", "v11.2, false", "11, false", "99999.1, false"})
    void onlyANewQemuUnwrapsThem(String version, boolean expected) {
        assertEquals(expected, ProtectedKeyWrapping.isOfQemu(version));
    }
}

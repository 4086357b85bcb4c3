// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ApConfigTextTest {
    @Test
    void masksAreLeftAlignedAndPaddedWithZeros() throws ErrnoException {
        assertEquals(new ApMatrix(ApMask.of(5, 6), ApMask.of(4), ApMask.of(0, 3)), ApConfigText.parse("0x06,08,x9\n"));
    }

    @Test
    void upperCaseDigitsAreDigits() throws ErrnoException {
        assertEquals(ApMask.of(0, 2, 4, 6, 7), ApConfigText.parse("0xAB,0,0").apm());
    }

    @ParameterizedTest
    @ValueSource(strings = {",,", "x,x,x", "0,0,0", "0x,0x,0x\n", "\n\n\n", ",,,garbage", ",,\0garbage", "0,0,0,zz"})
    void nothingButZerosIsNothing(String text) throws ErrnoException {
        assertEquals(ApMatrix.NONE, ApConfigText.parse(text));
    }

    @Test
    void aNewlineEndsAMaskToo() throws ErrnoException {
        assertEquals(new ApMatrix(ApMask.of(5), ApMask.of(4), ApMask.NONE), ApConfigText.parse("0x04,0x08\n,0x08"));
    }

    @Test
    void whatLiesBehindCharacter201DoesNotCount() throws ErrnoException {
        String mask = "0x" + "f".repeat(64);
        assertEquals(new ApMatrix(ApMask.ALL, ApMask.ALL, ApMask.ALL),
                ApConfigText.parse(mask + ',' + mask + ',' + mask + "\nzzz"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", ",", "0,0", "0\n0", "0X4,0,0", "+5,0,0", "-5,0,0", " 4,0,0", "4 ,0,0", "g,0,0",
            "0,0,0g", "0xx4,0,0", "xx,0,0", "0,0\0,0", "\0", "\u0660,0,0"})
    void anythingElseIsEinval(String text) {
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> ApConfigText.parse(text)).errno());
    }

    @Test
    void sixtyFiveDigitsAreEinval() {
        String text = "0".repeat(65) + ",0,0";
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> ApConfigText.parse(text)).errno());
    }

    @Test
    void randomTextIsEitherRefusedOrReadsBackAsWritten() throws ErrnoException {
        Random random = new Random(4);
        String alphabet = "0123456789abcdefABCDEFxX,,,\n\0 g+-";
        int accepted = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                ApMatrix read = ApConfigText.parse(text.toString());
                assertEquals(read, ApConfigText.parse(read.configText()));
                accepted++;
            } catch (ErrnoException e) {
                assertEquals(Errno.EINVAL, e.errno());
            }
        }
        assertTrue(accepted > 1000, accepted + " texts were accepted");
    }
}

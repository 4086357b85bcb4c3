// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.HexFormat;

import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class Type50MessageTest {
    @ParameterizedTest(name = "{0} {1}: {2} bytes at {3}")
    @CsvSource({"MEB1, EXPONENT, 128, 16", "MEB1, MODULUS, 128, 144", "MEB1, MESSAGE, 128, 272",
            "MEB2, EXPONENT, 256, 16", "MEB2, MODULUS, 256, 272", "MEB2, MESSAGE, 256, 528",
            "MEB3, EXPONENT, 512, 16", "MEB3, MODULUS, 512, 528", "MEB3, MESSAGE, 512, 1040",
            "CRB1, P, 64, 16", "CRB1, Q, 64, 80", "CRB1, DP, 64, 144", "CRB1, DQ, 64, 208", "CRB1, U, 64, 272",
            "CRB1, MESSAGE, 128, 336", "CRB2, P, 128, 16", "CRB2, U, 128, 528", "CRB2, MESSAGE, 256, 656",
            "CRB3, P, 256, 16", "CRB3, U, 256, 1040", "CRB3, MESSAGE, 512, 1296"})
    void eachOperandHasItsPlace(Format format, Operand operand, int length, int offset) {
        assertEquals(length, operand.lengthBytes(format));
        assertEquals(offset, operand.offset(format));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"MEB1, 0050019000000000000100000000000000", "MEB2, 0050031000000000000200000000000000",
            "MEB3, 0050061000000000000300000000000000", "CRB1, 005001d000000000001100000000000000",
            "CRB2, 0050039000000000001200000000000000", "CRB3, 0050071000000000001300000000000000"})
    void aNewMessageHasTheHeaderOfItsFormat(Format format, String header) {
        byte[] message = Type50Message.create(format).storage();
        assertEquals(header.substring(0, 32), HexFormat.of().formatHex(message, 0, 16));
        assertEquals(format.lengthBytes(), message.length);
        assertEquals(format, Type50Message.at(message).format());
    }

    @ParameterizedTest(name = "a modulus of {0} bytes: {1} and {2}")
    @CsvSource({"1, MEB1, CRB1", "128, MEB1, CRB1", "129, MEB2, CRB2", "256, MEB2, CRB2", "257, MEB3, CRB3",
            "512, MEB3, CRB3"})
    void theSmallestFormatThatFitsIsChosen(int bytes, Format plain, Format crt) {
        assertEquals(plain, Format.forModulus(bytes, false));
        assertEquals(crt, Format.forModulus(bytes, true));
    }

    @Test
    void moreThan512BytesHaveNoFormat() {
        assertNull(Format.forModulus(513, false));
        assertNull(Format.of(4));
    }

    @Test
    void anOperandIsRightAlignedAndReplacesWhatWasThere() {
        Type50Message message = Type50Message.create(Format.CRB1);
        message.put(Format.CRB1, Operand.DQ, new byte[]{9, 9, 9, 9}, 0, 4);
        message.put(Format.CRB1, Operand.DQ, new byte[]{0, 1, 2, 0}, 1, 2);
        assertEquals("0000" + "0102" + "00", HexFormat.of().formatHex(message.storage(), 268, 273));
        assertEquals("00".repeat(62) + "0102", HexFormat.of().formatHex(message.bytes(Format.CRB1, Operand.DQ)));
    }

    @Test
    void anOperandLongerThanItsFieldIsRefused() {
        Type50Message message = Type50Message.create(Format.CRB1);
        assertThrows(IndexOutOfBoundsException.class,
                () -> message.put(Format.CRB1, Operand.P, new byte[65], 0, 65));
    }

    @Test
    void aMessageShorterThanItsHeaderCannotBeViewed() {
        assertThrows(IndexOutOfBoundsException.class, () -> Type50Message.at(new byte[15]));
    }

    @Test
    void aReplyHasItsResultAtTheEnd() {
        byte[] reply = Type80Reply.of(new byte[]{0x7d}, 128);
        assertEquals("00800090000000000000000000000000" + "00".repeat(127) + "7d", HexFormat.of().formatHex(reply));
        assertEquals("00800110", HexFormat.of().formatHex(Type80Reply.of(new byte[256], 256), 0, 4));
        assertEquals("00800210", HexFormat.of().formatHex(Type80Reply.of(new byte[513], 512), 0, 4));
    }
}

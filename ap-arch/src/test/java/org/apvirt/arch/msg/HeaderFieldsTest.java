// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Where each field of a header is read: in a message whose bytes are their own offsets. */
class HeaderFieldsTest {
    private static byte[] offsets(int origin, int length) {
        byte[] bytes = new byte[origin + length];
        for (int i = 0; i < length; i++) {
            bytes[origin + i] = (byte) i;
        }
        return bytes;
    }

    private static List<String> hex(int... numbers) {
        return IntStream.of(numbers).mapToObj(Integer::toHexString).toList();
    }

    @Test
    void ofAControlBlockAtItsOriginInAMessage() {
        Cprbx block = Cprbx.at(offsets(5, Cprbx.LENGTH), 5);
        assertEquals(List.of("1", "2", "607", "c0d0e0f", "18191a1b", "1c1d1e1f", "9091", "9293", "aaab"),
                hex(block.lengthBytes(), block.version(), block.identifier(), block.requestParameterLength(),
                        block.replyParameterLength(), block.replyDataRoom(), block.returnCode(), block.reasonCode(),
                        block.domain()));
        assertThrows(IndexOutOfBoundsException.class, () -> Cprbx.at(new byte[Cprbx.LENGTH + 4], 5));
    }

    @Test
    void ofAType6Header() {
        Type6Header header = Type6Header.at(offsets(0, Type6Header.LENGTH));
        assertEquals(List.of("1", "10111213", "14151617", "2021"),
                hex(header.type(), header.offset1(), header.offset2(), header.agent()));
        List<Integer> lengths = new ArrayList<>();
        for (int part = 1; part <= 4; part++) {
            lengths.add(header.toCardLength(part) >>> 24);
            lengths.add(header.fromCardLength(part) >>> 24);
        }
        assertEquals(List.of(0x38, 0x48, 0x3c, 0x4c, 0x40, 0x50, 0x44, 0x54), lengths);
        assertThrows(IndexOutOfBoundsException.class, () -> Type6Header.at(new byte[Type6Header.LENGTH - 1]));
    }

    @Test
    void eachFieldIsStoredWhereItIsRead() {
        byte[] message = new byte[Type6Header.LENGTH + Cprbx.LENGTH];
        Type6Header header = Type6Header.init(message, FunctionCode.AGENT_CCA, 0x504b).offset2(7);
        Cprbx block = Cprbx.init(message, Type6Header.LENGTH, 0x5432).replyParameterLength(3).replyDataRoom(4)
                .result(8, 0xfffe).domain(0x8001);
        for (int part = 1; part <= 4; part++) {
            header.toCardLength(part, part).fromCardLength(part, 0x10 + part);
        }
        assertEquals(List.of("6", "58", "7", "4341", "3", "13"), hex(header.type(), header.offset1(),
                header.offset2(), header.agent(), header.toCardLength(3), header.fromCardLength(3)));
        assertEquals(List.of("dc", "2", "5432", "3", "4", "8", "fffe", "8001"),
                hex(block.lengthBytes(), block.version(), block.identifier(), block.replyParameterLength(),
                        block.replyDataRoom(), block.returnCode(), block.reasonCode(), block.domain()));
    }
}

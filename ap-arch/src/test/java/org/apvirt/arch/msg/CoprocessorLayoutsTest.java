// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.Arrays;
import java.util.HexFormat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Type 6 and 86 messages and what they carry, as literal bytes. */
class CoprocessorLayoutsTest {
    private static String hex(byte[] bytes, int from, int to) {
        return HexFormat.of().formatHex(bytes, from, to);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void aType6HeaderHasAgentFunctionAndLengthsInTheirPlaces() {
        byte[] message = new byte[Type6Header.LENGTH];
        Type6Header.init(message, FunctionCode.AGENT_CCA, FunctionCode.FACILITY_QUERY).offset2(0x1234).requestId(0x5678)
                .toCardLength(1, 0x11).toCardLength(2, 0x22).fromCardLength(1, 0x33).fromCardLength(4, 0x44);
        assertEquals("0006000000000000" + "0000000000000000" + "00000058" + "00001234" + "0000000000000000"
                + "4341" + "00".repeat(14) + "5678" + "0000" + "4651" + "0000" + "0000001100000022" + "00".repeat(8)
                + "00000033" + "00".repeat(8) + "00000044", hex(message, 0, 88));
    }

    @Test
    void aType86HeaderHasTypeFormatCountsAndOffsets() {
        byte[] reply = new byte[Type86Header.LENGTH];
        Type86Header header = Type86Header.init(reply, 0xe0).data(0x110, 0x1000);
        assertEquals("0086020000000000" + "0000000000000000" + "000000e0" + "00000030" + "00001000" + "00000110"
                + "00".repeat(16), hex(reply, 0, 48));
        assertEquals(Type86Header.FORMAT_ANSWER, header.format());
        assertEquals(0, header.replyCode());
    }

    @Test
    void aCprbHasItsFieldsInTheirPlaces() {
        byte[] message = new byte[10 + Cprbx.LENGTH];
        Cprbx block = Cprbx.init(message, 10, FunctionCode.CPRB_CCA_USAGE).requestParameterLength(1)
                .requestDataLength(2).replyRoom(3).replyParameterLength(4).replyDataRoom(5).replyDataLength(6)
                .result(8, 66).domain(0x47);
        assertEquals("00dc02000000" + "5432" + "00000000" + "00000001" + "00000002" + "00000003" + "00000004"
                + "00000005" + "00000006", hex(message, 10, 10 + 0x24));
        assertEquals("00080042", hex(message, 10 + 0x90, 10 + 0x94));
        assertEquals("0047", hex(message, 10 + 0xaa, 10 + 0xac));
        assertEquals(66, block.reasonCode());
        assertThrows(IndexOutOfBoundsException.class, () -> Cprbx.at(message, 11));
    }

    @Test
    void anEp11CprbHasItsFieldsInTheirPlaces() {
        byte[] message = new byte[Ep11Cprb.LENGTH];
        Ep11Cprb.init(message, 0).flags(Ep11Cprb.ADMIN).target(0x47).returnCode(-1).payloadLength(28);
        assertEquals("0020" + "04" + "0000" + "80" + "5434" + "00000000" + "00000047" + "ffffffff" + "00".repeat(8)
                + "0000001c", hex(message, 0, 32));
    }

    @Test
    void anErrorReplyIsEightBytes() {
        assertEquals("0082000022000000", hex(ErrorReply.of(0x82, 0x22), 0, 8));
    }

    @Test
    void ofTheCprbIdentifiersFourAreAdministration() {
        for (String id : new String[]{"T3", "T5", "T6", "T7"}) {
            assertTrue(FunctionCode.isCcaAdmin(id.charAt(0) << 8 | id.charAt(1)), id);
        }
        for (String id : new String[]{"T2", "T4", "T8", "U3"}) {
            assertFalse(FunctionCode.isCcaAdmin(id.charAt(0) << 8 | id.charAt(1)), id);
        }
        assertEquals("FQ", FunctionCode.text(FunctionCode.FACILITY_QUERY));
    }

    @Nested
    class AnRsaKeyToken {
        private static final String PUBLIC = "1e00001800000000" + "040000100000" + "0002" + "0010" + "0002" + "0003"
                + "0187";

        @Test
        void withModulusAndExponentIsAPublicSection() {
            byte[] token = RsaKeyToken.modulusExponent(new byte[]{0, 3}, bytes("0187"));
            assertEquals(PUBLIC, hex(token, 0, token.length));
            RsaKeyToken.ModulusExponent read = (RsaKeyToken.ModulusExponent) RsaKeyToken.parse(token, 0, token.length);
            assertEquals("0003", hex(read.exponent(), 0, 2));
            assertEquals("0187", hex(read.modulus(), 0, 2));
            assertEquals(2, read.modulusBytes());
        }

        @Test
        void withPrimesHasLengthsNumbersPaddingAndAPublicSection() {
            byte[] token = RsaKeyToken.crt(bytes("0000000000000000" + "11"), bytes("17"),
                    bytes("0000000000000000" + "03"), bytes("05"), bytes("0000000000000000" + "0f"), 2);
            int numbers = 8 + 0x84;
            assertEquals("1e0000bd00000000" + "080000a6", hex(token, 0, 12));
            assertEquals("0009" + "0001" + "0009" + "0001" + "0009" + "0002", hex(token, 8 + 0x36, 8 + 0x42));
            assertEquals("0003", hex(token, 8 + 0x46, 8 + 0x48));
            assertEquals("000000000000000011" + "17" + "000000000000000003" + "05" + "00000000000000000f" + "000000"
                    + "ffff" + "0400000f0000" + "0003" + "0010" + "0000" + "010001", hex(token, numbers, token.length));
            RsaKeyToken.Crt read = (RsaKeyToken.Crt) RsaKeyToken.parse(token, 0, token.length);
            assertEquals("000000000000000011", hex(read.p(), 0, 9));
            assertEquals("17", hex(read.q(), 0, 1));
            assertEquals("000000000000000003", hex(read.dp(), 0, 9));
            assertEquals("05", hex(read.dq(), 0, 1));
            assertEquals("00000000000000000f", hex(read.u(), 0, 9));
            assertEquals(2, read.modulusBytes());
        }

        @ParameterizedTest(name = "byte {0}")
        @ValueSource(ints = {0, 3, 8, 15, 19})
        void withAWrongByteIsNone(int offset) {
            byte[] token = bytes(PUBLIC);
            token[offset] = 0x7f;
            assertNull(RsaKeyToken.parse(token, 0, token.length));
        }

        @Test
        void thatIsCutOffIsNone() {
            byte[] token = RsaKeyToken.crt(new byte[72], new byte[64], new byte[72], new byte[64], new byte[72], 128);
            for (int length = 0; length < token.length; length++) {
                assertNull(RsaKeyToken.parse(Arrays.copyOf(token, length), 0, length));
            }
        }
    }

    @Nested
    class AnRsaBlock {
        private final byte[] token = RsaKeyToken.modulusExponent(new byte[]{0, 3}, bytes("0187"));

        @Test
        void ofARequestIsRuleDataAndKeyBlock() {
            byte[] block = CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, new byte[]{0, 5}, token);
            assertEquals("504b" + "000a" + "4d52502020202020" + "0004" + "0005" + "001e" + "001c" + "0000",
                    hex(block, 0, 22));
            CcaRsaBlock read = CcaRsaBlock.parse(block, 0, block.length);
            assertNotNull(read);
            assertEquals(FunctionCode.PUBLIC_KEY, read.functionCode());
            assertArrayEquals(new byte[]{0, 5}, read.data());
            assertEquals("0187", hex(((RsaKeyToken.ModulusExponent) read.key()).modulus(), 0, 2));
        }

        @Test
        void withPrimesHasTheRuleZeroPad() {
            byte[] block = CcaRsaBlock.request(FunctionCode.PRIVATE_KEY, new byte[1], token);
            assertEquals("5044" + "000a" + "5a45524f2d504144" + "0003", hex(block, 0, 14));
        }

        @Test
        void ofAReplyEndsWithAnEmptyKeyBlock() {
            assertEquals("504b" + "0002" + "0004" + "007d" + "0002",
                    hex(CcaRsaBlock.reply(FunctionCode.PUBLIC_KEY, bytes("007d")), 0, 10));
        }

        @Test
        void thatIsCutOffIsNone() {
            byte[] block = CcaRsaBlock.request(FunctionCode.PUBLIC_KEY, new byte[]{0, 5}, token);
            for (int length = 0; length < block.length; length++) {
                assertNull(CcaRsaBlock.parse(block, 0, length));
            }
        }
    }

    @Test
    void aFacilityQueryHas4096BytesOfRoom() {
        byte[] request = CcaFacilityQuery.request(CcaFacilityQuery.STATICSB);
        assertEquals(4112, request.length);
        assertEquals("4651" + "000a" + "5354415449435342" + "1002", hex(request, 0, 14));
        assertEquals("00000002", hex(request, 4108, 4112));
        assertEquals("STATICSB", CcaFacilityQuery.keyword(request, 0, request.length));
        assertEquals("", CcaFacilityQuery.keyword(request, 0, 11));
        assertEquals("4651" + "0003" + "aa" + "0004" + "bbcc",
                hex(CcaFacilityQuery.reply(bytes("aa"), bytes("bbcc")), 0, 9));
    }

    @Nested
    class AnEp11Payload {
        @Test
        void isASequenceOfOctetStrings() {
            byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, 0x47).add(1).add(new byte[]{(byte) 0xab}).toBytes();
            assertEquals("30820017" + "040400010026" + "040400000047" + "040400000001" + "04820001ab",
                    hex(payload, 0, payload.length));
        }

        @ParameterizedTest
        @ValueSource(strings = {"300c040400010026040400000047", "30810c040400010026040400000047",
                "3082000c040400010026040400000047", "30840000000c040400010026040400000047",
                "3082000e04810400010026048104000000" + "47"})
        void isReadWithEveryFormOfLength(String hex) {
            Ep11Payload payload = Ep11Payload.parse(bytes(hex));
            assertNotNull(payload);
            assertEquals(38, payload.function());
            assertEquals(0x47, payload.word(1));
            assertEquals(0, payload.word(2));
            assertEquals(2, payload.size());
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "30", "3080", "31060404000100260", "300604040001002604", "3006040400010026",
                "300c040400010026050400000047", "300c040400010026047f00000047", "308300000c040400010026040400000047",
                "3084ffffffff040400010026040400000047", "300c04040001002604840000"})
        void thatIsMalformedIsNone(String hex) {
            assertNull(Ep11Payload.parse(bytes(hex.length() % 2 == 0 ? hex : hex + "0")));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.cca.AesKeyVerb.Part;
import org.apvirt.arch.cca.CcaParameters.Item;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/** What is asked of a card for secure AES keys, and what it answers, byte by byte. */
class AesKeyVerbTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] TOKEN = TokensTest.counting(1, 8);
    private static final String TOKEN_HEX = "0102030405060708";

    private static String ascii(String text) {
        return HEX.formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void expect(String hex, byte[] bytes) {
        assertEquals(hex, HEX.formatHex(bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 192, 256})
    void aRandomDataKeyIsAskedForWithItsLengthInBytes(int bits) {
        String empty = "0044" + "0010" + "00".repeat(64);
        expect("4b47" + "0002" + "0022" + ascii("OP      KEYLN" + (bits == 128 ? "16" : bits == 192 ? "24" : "32")
                + " AESDATA ") + "00".repeat(8) + "019a" + empty + empty + "0044" + "0030" + "00".repeat(64) + empty
                + empty + empty, AesKeyVerb.generate(bits));
    }

    @Test
    void aClearKeyBecomesADataKeyInTheRoomOfATokenThatFollows() {
        expect("434d" + "000a" + ascii("AES     ") + "0012" + "000102030405060708090a0b0c0d0e0f" + "0046" + "0044"
                + "0030" + "00".repeat(64), AesKeyVerb.importKey(TokensTest.counting(0, 16)));
    }

    @Test
    void aProtectedKeyIsAskedForWithTheTokenAlone() {
        expect("5553" + "0002" + "0006" + "00040001" + "000e" + "000c" + "0000" + TOKEN_HEX, AesKeyVerb.protect(TOKEN));
        expect("4155" + "000a" + ascii("EXPT-SK ") + "0048" + "0046" + "00c2" + "00".repeat(66) + "000e" + "000c"
                + "0000" + TOKEN_HEX, AesKeyVerb.protectCipher(TOKEN));
    }

    @Test
    void aRandomCipherKeyIsAskedForWithASkeletonBetweenEmptyTokens() {
        byte[] skeleton = AesCipherToken.skeleton(0x1234);
        String none = "0004" + "0030";
        expect("474b" + "0012" + ascii("AES     OP      ") + "001c" + ascii("TOKEN           ") + "0100"
                + "00".repeat(8) + String.format("%04x", 2 + 5 * 4 + 4 + skeleton.length) + none + none
                + String.format("%04x", 4 + skeleton.length) + "0030" + HEX.formatHex(skeleton) + none + none + none,
                AesKeyVerb.generateCipher(256, 0x1234));
    }

    @Test
    void aCipherKeyIsImportedInPartsOfWhichTheFirstSaysThatThereAreThree() {
        byte[] part = {0x11, 0x22, 0x33, 0x44};
        String tail = "000e" + "000c" + "0030" + TOKEN_HEX;
        expect("4950" + "001a" + ascii("AES     FIRST   MIN3PART") + "0010" + "0006" + "0064" + "0180" + "0008"
                + "0063" + "11223344" + tail, AesKeyVerb.importPart(Part.FIRST, 384, part, TOKEN));
        expect("4950" + "0012" + ascii("AES     ADD-PART") + "0010" + "0006" + "0064" + "0080" + "0008" + "0063"
                + "11223344" + tail, AesKeyVerb.importPart(Part.ADD, 128, part, TOKEN));
        expect("4950" + "0012" + ascii("AES     COMPLETE") + "000c" + "0006" + "0064" + "0000" + "0004" + "0063"
                + tail, AesKeyVerb.importPart(Part.COMPLETE, 0, new byte[0], TOKEN));
    }

    @Test
    void aTokenComesInVariableDataOrInTheKeyBlockAsItsVerbHasIt() {
        String inside = "0002" + "0010" + "000e" + "000c" + "0030" + TOKEN_HEX;
        expect("4b47" + inside, AesKeyVerb.token(AesKeyVerb.GENERATE, TOKEN));
        expect("434d" + inside, AesKeyVerb.token(AesKeyVerb.IMPORT, TOKEN));
        expect("474b" + "0002" + "0002" + "0012" + "000c" + "0030" + TOKEN_HEX + "0004" + "0030",
                AesKeyVerb.token(AesKeyVerb.GENERATE_CIPHER, TOKEN));
        expect("4950" + "0002" + "0002" + "000e" + "000c" + "0030" + TOKEN_HEX,
                AesKeyVerb.token(AesKeyVerb.IMPORT_PART, TOKEN));
    }

    @ParameterizedTest
    @ValueSource(ints = {AesKeyVerb.GENERATE, AesKeyVerb.IMPORT, AesKeyVerb.GENERATE_CIPHER, AesKeyVerb.IMPORT_PART})
    void aTokenIsFoundInTheReplyOfItsVerbAndOfNoOther(int function) {
        byte[] reply = AesKeyVerb.token(function, TOKEN);
        assertArrayEquals(TOKEN, AesKeyVerb.token(reply, function));
        assertNull(AesKeyVerb.token(reply, function ^ 1));
        assertNull(AesKeyVerb.token(Arrays.copyOf(reply, reply.length - 1), function));
    }

    @Test
    void aReplyWithoutATokenHasNone() {
        assertNull(AesKeyVerb.token(HEX.parseHex("4b4700020002"), AesKeyVerb.GENERATE));
        assertNull(AesKeyVerb.token(HEX.parseHex("4b47000200040009"), AesKeyVerb.GENERATE), "a field beyond its end");
        assertNull(AesKeyVerb.token(HEX.parseHex("4b470002000600040005"), AesKeyVerb.GENERATE), "no whole item");
    }

    @Test
    void aProtectedKeyComesAsTheOneItemOfTheVariableData() {
        ProtectedKeyBlock block = new ProtectedKeyBlock(1, ProtectedKeyBlock.AES, TokensTest.counting(1, 64));
        String bytes = HEX.formatHex(block.toBytes());
        byte[] ofData = AesKeyVerb.protectedKey(AesKeyVerb.PROTECT, block);
        byte[] ofCipher = AesKeyVerb.protectedKey(AesKeyVerb.PROTECT_CIPHER, block);
        expect("5553" + "0002" + "0094" + "0092" + "0001" + bytes, ofData);
        expect("4155" + "0002" + "0094" + "0092" + "00c2" + bytes + "0002", ofCipher);

        ProtectedKeyBlock read = AesKeyVerb.protectedKey(ofData, AesKeyVerb.PROTECT);
        assertNotNull(read);
        assertArrayEquals(block.key(), read.key());
        assertNotNull(AesKeyVerb.protectedKey(ofCipher, AesKeyVerb.PROTECT_CIPHER));
        assertNull(AesKeyVerb.protectedKey(ofCipher, AesKeyVerb.PROTECT));
        assertNull(AesKeyVerb.protectedKey(Arrays.copyOf(ofData, ofData.length - 1), AesKeyVerb.PROTECT));
        Item item = new Item(1, block.toBytes());
        assertNull(AesKeyVerb.protectedKey(new CcaParameters(AesKeyVerb.PROTECT, List.of(),
                CcaParameters.bytes(List.of(item, item)), List.of()).toBytes(), AesKeyVerb.PROTECT), "two of them");
        assertNull(AesKeyVerb.protectedKey(HEX.parseHex("555300020002"), AesKeyVerb.PROTECT), "none");
    }
}

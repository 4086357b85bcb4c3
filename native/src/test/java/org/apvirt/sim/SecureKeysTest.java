// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.AesKeyVerb.Part;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.ProtectedKeyBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SecureKeysTest {
    private static final byte[] MASTER = CcaMasterKeysTest.counting(0, 32);
    private static final byte[] NOTHING = {};

    private final SimulatedMachine machine = machine();
    private final CcaExchange card = new CcaExchange(machine);
    private final CryptoDomain domain = machine.adapter(5).cryptoDomain(4);

    private static SimulatedMachine machine() {
        DomainKeys keys = DomainKeys.NONE.with(MasterKeySet.AES, MASTER).with(MasterKeySet.APKA, MASTER);
        return SimulatedMachine.builder(new VirtualTime()).random(new Random(1)).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA).keys(4, keys)).build();
    }

    private byte[] importedData(byte[] clear) {
        byte[] token = AesKeyVerb.token(card.send(AesKeyVerb.importKey(clear)).parameters(), AesKeyVerb.IMPORT);
        assertNotNull(token);
        return token;
    }

    private byte[] importedCipher(byte[] clear) {
        byte[] random = CcaMasterKeysTest.counting(0x70, clear.length);
        int bits = 8 * clear.length;
        byte[] token = AesCipherToken.skeleton(0);
        token = part(AesKeyVerb.importPart(Part.FIRST, bits, random, token));
        token = part(AesKeyVerb.importPart(Part.ADD, bits, clear, token));
        token = part(AesKeyVerb.importPart(Part.ADD, bits, random, token));
        return part(AesKeyVerb.importPart(Part.COMPLETE, 0, NOTHING, token));
    }

    private byte[] part(byte[] request) {
        CcaExchange.Reply reply = card.send(request);
        assertEquals(CcaResult.DONE, reply.result());
        byte[] token = AesKeyVerb.token(reply.parameters(), AesKeyVerb.IMPORT_PART);
        assertNotNull(token);
        return token;
    }

    private byte[] protectedKey(byte[] request, int function) {
        CcaExchange.Reply reply = card.send(request);
        assertTrue(reply.result().isDone(), reply.result().toString());
        ProtectedKeyBlock block = AesKeyVerb.protectedKey(reply.parameters(), function);
        assertNotNull(block);
        return block.key();
    }

    @Test
    void importedDataKeysAreTheDocumentedTokens() {
        assertEquals("010000000400c000491176b0f443c65a61a6936e4e8f101c1cc1f993b542a0d4"
                + "0f6eac919d8c733bee8593bf182cf16c0000000000000000" + "01000020793de012",
                HexFormat.of().formatHex(importedData(CcaMasterKeysTest.counting(0x20, 32))));
        assertEquals("010000000400c000491176b0f443c65a61a6936e4e8f101c1cc1f993b542a0d4"
                + "813efd24102eb0bc47c81b02c0d914180000000000000000" + "008000205f1f1815",
                HexFormat.of().formatHex(importedData(CcaMasterKeysTest.counting(0x20, 16))));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 192, 256})
    void generatedKeysHaveTheFormThatTheKernelChecks(int bits) {
        byte[] data = AesKeyVerb.token(card.send(AesKeyVerb.generate(bits)).parameters(), AesKeyVerb.GENERATE);
        AesDataToken token = AesDataToken.parse(data);
        assertNotNull(token);
        assertEquals(bits, token.bits());
        assertTrue(AesDataToken.isValid(data));
        byte[] cipher = AesKeyVerb.token(card.send(AesKeyVerb.generateCipher(bits, 0)).parameters(),
                AesKeyVerb.GENERATE_CIPHER);
        assertEquals(104 + bits / 8, cipher.length);
        assertEquals(AesCipherToken.COMPLETE, AesCipherToken.parse(cipher).state());
        assertEquals(bits / 8 + 32, protectedKey(AesKeyVerb.protect(data), AesKeyVerb.PROTECT).length);
        assertEquals(bits / 8 + 32,
                protectedKey(AesKeyVerb.protectCipher(cipher), AesKeyVerb.PROTECT_CIPHER).length);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 32})
    void oneClearKeyIsOneProtectedKeyWhicheverWayItCameIn(int bytes) {
        byte[] clear = CcaMasterKeysTest.counting(0x40, bytes);
        byte[] once = protectedKey(AesKeyVerb.protect(importedData(clear)), AesKeyVerb.PROTECT);
        assertArrayEquals(once, protectedKey(AesKeyVerb.protect(importedData(clear)), AesKeyVerb.PROTECT));
        assertArrayEquals(once, protectedKey(AesKeyVerb.protectCipher(importedCipher(clear)),
                AesKeyVerb.PROTECT_CIPHER));
        machine.setProtectedKeyWrapping(ProtectedKeyWrapping.ofQemu());
        byte[] fake = protectedKey(AesKeyVerb.protectCipher(importedCipher(clear)), AesKeyVerb.PROTECT_CIPHER);
        for (int i = 0; i < bytes; i++) {
            assertEquals((byte) (clear[i] ^ 0xaa), fake[i]);
        }
        assertEquals("0f0a0c0e".repeat(8), HexFormat.of().formatHex(fake, bytes, bytes + 32));
    }

    @Test
    void privateKeysOfCurvesBecomeProtectedKeysOfTheirLength() {
        for (EcCurve curve : new EcCurve[]{EcCurve.P256, EcCurve.P384, EcCurve.P521}) {
            byte[] token = domain.ecToken(curve, CcaMasterKeysTest.counting(1, curve.bytes()), true);
            assertEquals(curve.bytes() + 32,
                    protectedKey(AesKeyVerb.protectCipher(token), AesKeyVerb.PROTECT_CIPHER).length);
            token = domain.ecToken(curve, CcaMasterKeysTest.counting(1, curve.bytes()), false);
            assertEquals(CcaResult.NOT_EXPORTABLE, card.send(AesKeyVerb.protectCipher(token)).result());
        }
    }

    @Test
    void aKeyUnderTheOldMasterKeyWorksWithAWarningAndThenNoMore() {
        byte[] data = importedData(CcaMasterKeysTest.counting(0x20, 32));
        byte[] cipher = importedCipher(CcaMasterKeysTest.counting(0x20, 32));
        byte[] before = protectedKey(AesKeyVerb.protect(data), AesKeyVerb.PROTECT);
        domain.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, NOTHING);
        domain.change(MasterKeySet.AES, MasterKeyOperation.SET, NOTHING);
        assertEquals(CcaResult.OLD_KEY, card.send(AesKeyVerb.protect(data)).result());
        assertEquals(CcaResult.OLD_KEY, card.send(AesKeyVerb.protectCipher(cipher)).result());
        assertArrayEquals(before, protectedKey(AesKeyVerb.protect(data), AesKeyVerb.PROTECT));
        domain.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, NOTHING);
        domain.change(MasterKeySet.AES, MasterKeyOperation.SET, NOTHING);
        assertEquals(CcaResult.WRONG_MASTER_KEY, card.send(AesKeyVerb.protect(data)).result());
        domain.zeroize();
        assertEquals(CcaResult.NO_MASTER_KEY, card.send(AesKeyVerb.protect(data)).result());
        assertEquals(CcaResult.NO_MASTER_KEY, card.send(AesKeyVerb.generate(256)).result());
    }

    @Test
    void accessControlForbidsAVerbAndNoOther() {
        domain.change(keys -> keys.forbidding(Set.of(AesKeyVerb.IMPORT)));
        assertEquals(CcaResult.FORBIDDEN, card.send(AesKeyVerb.importKey(new byte[16])).result());
        assertEquals(CcaResult.DONE, card.send(AesKeyVerb.generate(128)).result());
    }

    @Test
    void aDomainOfWhichOnlyPatternsAreKnownHasNoKeyToWorkWith() {
        domain.change(keys -> keys.with(MasterKeySet.AES, new MasterKey(KeyRegister.EMPTY,
                KeyRegister.ofPattern("3ba76fd8b2615913"), KeyRegister.EMPTY)));
        assertEquals(CcaResult.NO_MASTER_KEY, card.send(AesKeyVerb.generate(256)).result());
    }

    static Stream<Arguments> wrongRequests() {
        byte[] generate = AesKeyVerb.generate(256);
        byte[] cipher = AesKeyVerb.generateCipher(256, 0);
        byte[] importing = AesKeyVerb.importKey(new byte[16]);
        byte[] first = AesKeyVerb.importPart(Part.FIRST, 128, new byte[16], AesCipherToken.skeleton(0));
        return Stream.of(Arguments.of(CcaResult.BAD_KEY_FORM, with(generate, 6, "IM")),
                Arguments.of(CcaResult.BAD_KEY_LENGTH, with(generate, 14, "KEYLN40 ")),
                Arguments.of(CcaResult.BAD_KEYWORD, with(generate, 22, "DESDATA ")),
                Arguments.of(CcaResult.BAD_LENGTH, with(generate, 4, "\0\4")),
                Arguments.of(CcaResult.BAD_KEYWORD, with(importing, 4, "DES     ")),
                Arguments.of(CcaResult.BAD_KEY_LENGTH, AesKeyVerb.importKey(new byte[15])),
                Arguments.of(CcaResult.BAD_KEYWORD, with(cipher, 4, "DES     ")),
                Arguments.of(CcaResult.BAD_KEY_FORM, with(cipher, 12, "EX      ")),
                Arguments.of(CcaResult.BAD_KEYWORD, with(cipher, 22, "LABEL   ")),
                Arguments.of(CcaResult.BAD_KEY_LENGTH, AesKeyVerb.generateCipher(160, 0)),
                Arguments.of(CcaResult.BAD_KEYWORD, with(first, 12, "SECOND  ")),
                Arguments.of(CcaResult.KEYWORDS_CONFLICT, with(first, 20, "MIN2PART")),
                Arguments.of(CcaResult.BAD_KEY_LENGTH,
                        AesKeyVerb.importPart(Part.FIRST, 128, new byte[24], AesCipherToken.skeleton(0))),
                Arguments.of(CcaResult.WRONG_MASTER_KEY,
                        AesKeyVerb.importPart(Part.ADD, 128, new byte[16], AesCipherToken.skeleton(0))),
                Arguments.of(CcaResult.BAD_KEYWORD, with(AesKeyVerb.protectCipher(new byte[120]), 4, "EXPT-MK ")),
                Arguments.of(CcaResult.BAD_TOKEN, AesKeyVerb.protectCipher(new byte[120])),
                Arguments.of(CcaResult.BAD_TOKEN, AesKeyVerb.protect(new byte[64])),
                Arguments.of(CcaResult.BAD_TOKEN_VERSION,
                        AesKeyVerb.protect(Arrays.copyOf(new byte[]{1, 0, 0, 0, 9}, 64))));
    }

    private static byte[] with(byte[] request, int at, String text) {
        byte[] changed = request.clone();
        System.arraycopy(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, changed, at, text.length());
        return changed;
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void aWrongRequestGetsItsReason(CcaResult expected, byte[] request) {
        assertEquals(expected, card.send(request).result());
    }

    @Test
    void everyChangedByteOfATokenIsNoticed() {
        byte[] data = importedData(CcaMasterKeysTest.counting(0x20, 32));
        byte[] cipher = importedCipher(CcaMasterKeysTest.counting(0x20, 16));
        byte[] curve = domain.ecToken(EcCurve.P256, CcaMasterKeysTest.counting(1, 32), true);
        Map<byte[], List<Integer>> free = Map.of(data, List.of(), cipher, List.of(),
                curve, List.of(1, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 16, 18, 19, 22, 23));
        free.forEach((token, unbound) -> {
            for (int at = 0; at < token.length; at++) {
                byte[] changed = token.clone();
                changed[at] ^= 0x10;
                byte[] request = token == data ? AesKeyVerb.protect(changed) : AesKeyVerb.protectCipher(changed);
                assertTrue(unbound.contains(at) || !card.send(request).result().isDone(),
                        "byte " + at + " of " + HexFormat.of().formatHex(token));
            }
        });
    }

    @Test
    void anIncompleteKeyIsOfNoUseAndThreePartsAreTheLeast() {
        byte[] token = part(AesKeyVerb.importPart(Part.FIRST, 128, new byte[16], AesCipherToken.skeleton(0)));
        assertEquals(CcaResult.BAD_TOKEN, card.send(AesKeyVerb.protectCipher(token)).result());
        token = part(AesKeyVerb.importPart(Part.ADD, 128, new byte[16], token));
        assertEquals(CcaResult.BAD_TOKEN,
                card.send(AesKeyVerb.importPart(Part.COMPLETE, 0, NOTHING, token)).result());
        token = part(AesKeyVerb.importPart(Part.ADD, 128, new byte[16], token));
        assertEquals(CcaResult.DONE, card.send(AesKeyVerb.importPart(Part.COMPLETE, 0, NOTHING, token)).result());
    }

    @Test
    void aKeyWithoutTheExportBitStaysInTheCard() {
        byte[] skeleton = AesCipherToken.skeleton(0);
        skeleton[50] &= (byte) ~0x08;
        byte[] request = AesKeyVerb.importPart(Part.FIRST, 128, new byte[16], skeleton);
        byte[] token = part(request);
        for (int i = 0; i < 2; i++) {
            token = part(AesKeyVerb.importPart(Part.ADD, 128, new byte[16], token));
        }
        token = part(AesKeyVerb.importPart(Part.COMPLETE, 0, NOTHING, token));
        assertEquals(CcaResult.NOT_EXPORTABLE, card.send(AesKeyVerb.protectCipher(token)).result());
        assertFalse(AesCipherToken.parse(token).mayBeExported());
    }
}

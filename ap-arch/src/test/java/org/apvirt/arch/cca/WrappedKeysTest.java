// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.msg.Cprbx;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Wrapped keys of curves, protected keys, commands for master keys: byte by byte. */
class WrappedKeysTest {
    private static final HexFormat HEX = HexFormat.of();

    private static EcPrivateToken wrapped() {
        return new EcPrivateToken(true, EcCurve.P521, TokensTest.counting(0x10, 8), TokensTest.counting(0x20, 48),
                TokensTest.counting(0x60, 80));
    }

    @Test
    void aWrappedKeyOfACurveIsWrittenAsItIsDrawn() {
        assertEquals("1f00" + "00a4" + "00000000" + "2000" + "009c" + "01" + "02" + "00" + "c0" + "01" + "00" + "0000"
                + "0209" + "0000" + HEX.formatHex(TokensTest.counting(0x10, 8))
                + HEX.formatHex(TokensTest.counting(0x20, 48)) + "0000" + "0050"
                + HEX.formatHex(TokensTest.counting(0x60, 80)), HEX.formatHex(wrapped().toBytes()));
        byte[] kept = new EcPrivateToken(false, EcCurve.BRAINPOOL160, new byte[8], new byte[48], new byte[1]).toBytes();
        assertEquals(List.of(0, 1), List.of((int) kept[16], (int) kept[17]));
    }

    @Test
    void aWrappedKeyOfACurveIsReadAsItWasWrittenOrNotAtAll() {
        EcPrivateToken read = EcPrivateToken.parse(wrapped().toBytes());
        assertNotNull(read);
        assertTrue(read.exportable());
        assertEquals(EcCurve.P521, read.curve());
        assertArrayEquals(wrapped().pattern(), read.pattern());
        assertArrayEquals(wrapped().protection(), read.protection());
        assertArrayEquals(wrapped().data(), read.data());
        assertEquals("0 2-3 8 12 17 20-21 80-82", // 83: the change makes the data shorter
                TokensTest.refused(wrapped().toBytes(), bytes -> EcPrivateToken.parse(bytes) != null));
    }

    @Test
    void associatedDataBeforeTheWrappedKeyIsPassed() {
        byte[] whole = wrapped().toBytes();
        byte[] longer = new byte[whole.length + 16];
        System.arraycopy(whole, 0, longer, 0, 84);
        System.arraycopy(whole, 84, longer, 100, whole.length - 84);
        longer[3] += 16;
        longer[81] = 16;
        EcPrivateToken read = EcPrivateToken.parse(longer);
        assertNotNull(read);
        assertArrayEquals(wrapped().data(), read.data());
    }

    @Test
    void aTokenThatEndsBeforeItsWrappedKeyIsNone() {
        EcPrivateToken empty = new EcPrivateToken(false, EcCurve.P256, new byte[8], new byte[48], new byte[0]);
        assertNull(EcPrivateToken.parse(empty.toBytes()));
        assertFalse(EcPrivateToken.isKind(HEX.parseHex("1f00000000000000")));
        assertTrue(EcPrivateToken.isKind(HEX.parseHex("1f0000000000000020")));
        assertFalse(EcPrivateToken.isKind(HEX.parseHex("1e0000000000000020")));
        assertFalse(EcPrivateToken.isKind(HEX.parseHex("1f0000000000000021")));
    }

    @ParameterizedTest(name = "{0} bytes in a field of {1}")
    @CsvSource({"48, 64", "64, 64", "80, 80"})
    void aProtectedKeyHasItsPatternAgainAtTheEnd(int length, int field) {
        byte[] key = TokensTest.counting(1, length);
        byte[] block = new ProtectedKeyBlock(2, ProtectedKeyBlock.ECC, key).toBytes();
        String pattern = HEX.formatHex(key, length - 32, length);
        assertEquals("0200" + "0081" + "00000000" + String.format("%04x", length) + HEX.formatHex(key)
                + "00".repeat(field - length) + "0022" + "00".repeat(33) + "01" + pattern, HEX.formatHex(block));
        ProtectedKeyBlock read = ProtectedKeyBlock.parse(block);
        assertNotNull(read);
        assertEquals(List.of(2, 0x81), List.of(read.version(), read.algorithm()));
        assertArrayEquals(key, read.key());
    }

    @Test
    void aProtectedKeyMayEndItsBlockAndNotGoBeyond() {
        byte[] shortest = HEX.parseHex("8100" + "0082" + "00000000" + "0002" + "abcd");
        ProtectedKeyBlock read = ProtectedKeyBlock.parse(shortest);
        assertNotNull(read);
        assertEquals("81 82 abcd",
                String.format("%x %x %s", read.version(), read.algorithm(), HEX.formatHex(read.key())));
        assertNull(ProtectedKeyBlock.parse(Arrays.copyOf(shortest, 11)));
        assertNotNull(ProtectedKeyBlock.parse(new byte[10]));
        assertNull(ProtectedKeyBlock.parse(new byte[9]));
    }

    @Test
    void aCommandForAMasterKeyIsWrittenAsItIsDrawnAndNeverShowsThePart() {
        MasterKeyCommand command = new MasterKeyCommand("FIRST", "SYM", 0x00ab, new byte[]{1, 2, 3});
        byte[] bytes = command.toBytes();
        assertEquals("4156" + "0012" + "4649525354202020" + "53594d2020202020" + "0007" + "00ab" + "010203",
                HEX.formatHex(bytes));
        assertEquals("FIRST SYM for domain 171", command.toString());
        assertEquals("4156" + "0002" + "0002", HEX.formatHex(MasterKeyCommand.reply()));
        CcaParameters block = CcaParameters.parse(bytes, 0, bytes.length);
        assertNotNull(block);
        MasterKeyCommand read = MasterKeyCommand.parse(block);
        assertNotNull(read);
        assertEquals(command.toString(), read.toString());
        assertArrayEquals(command.part(), read.part());
    }

    @Test
    void aCommandForAMasterKeyHasTwoRulesAndADomain() {
        assertNotNull(MasterKeyCommand.parse(new CcaParameters(0, List.of("SET", "AES"), new byte[2], List.of())));
        assertNull(MasterKeyCommand.parse(new CcaParameters(0, List.of("SET", "AES"), new byte[1], List.of())));
        assertNull(MasterKeyCommand.parse(new CcaParameters(0, List.of("SET"), new byte[2], List.of())));
        CcaParameters far = new CcaParameters(0, List.of("SET", "AES"), new byte[]{(byte) 0x80, 1}, List.of());
        assertEquals("SET AES for domain 32769", String.valueOf(MasterKeyCommand.parse(far)));
    }

    @Test
    void theDomainOfACommandIsFoundWithoutReadingTheRest() {
        byte[] message = new byte[30];
        message[25] = (byte) 0x81;
        message[26] = (byte) 0x92;
        assertEquals(0x8192, MasterKeyCommand.domain(message, 3, 24));
        assertEquals(-1, MasterKeyCommand.domain(message, 3, 23));
    }

    @Test
    void aReplyWithoutRulesDataAndKeysIsRead() {
        byte[] reply = MasterKeyCommand.reply();
        CcaParameters read = CcaParameters.parse(reply, 0, reply.length);
        assertNotNull(read);
        assertEquals(List.of(0, 0, 0), List.of(read.rules().size(), read.variable().length, read.keys().size()));
        assertEquals("[], 0 bytes, []", read.toString());
        assertEquals("item 0030 of 2 bytes", new CcaParameters.Item(0x30, new byte[2]).toString());
    }

    @Test
    void aVerbIsDoneWhenItsReturnCodeIsZeroWhateverTheReason() {
        Cprbx block = Cprbx.init(new byte[Cprbx.LENGTH], 0, 0x5432);
        assertEquals(CcaResult.DONE, CcaResult.of(block));
        assertTrue(CcaResult.OLD_KEY.isDone());
        assertFalse(CcaResult.BAD_SIGNATURE.isDone());
        assertEquals("8/48", CcaResult.WRONG_MASTER_KEY.toString());
    }

    @Test
    void aPublicKeyMayBeEmptyAndAPrivateOneDoesNotReachIntoIt() {
        EcClearToken nothing = EcClearToken.ofPublic(EcCurve.P256, new byte[0]);
        byte[] least = nothing.toPublicBytes();
        assertNotNull(EcClearToken.parse(least));
        assertNull(EcClearToken.parse(Arrays.copyOf(least, least.length - 1)));
        assertEquals("P256 public key", nothing.toString());

        byte[] whole = new EcClearToken(EcCurve.BRAINPOOL160, EcClearToken.USAGE_SIGN, TokensTest.counting(1, 20),
                TokensTest.counting(1, 40)).toBytes();
        for (int length = 120; length < whole.length; length++) { // the private section ends at 120
            byte[] cut = Arrays.copyOf(whole, length);
            cut[3] = (byte) length;
            assertNull(EcClearToken.parse(cut), "cut at " + length);
        }
        assertEquals("BRAINPOOL160 private key", String.valueOf(EcClearToken.parse(whole)));
    }

    @Test
    void aPrivateKeyIsBelowTheOrderInEachOfItsBytes() {
        byte[] number = new byte[20];
        assertFalse(EcCurve.BRAINPOOL160.isPrivateKey(number));
        number[0] = (byte) 0xf0;
        assertFalse(EcCurve.BRAINPOOL160.isPrivateKey(number), "f0 above e9, all others below");
        number[0] = 0;
        number[19] = 1;
        assertTrue(EcCurve.BRAINPOOL160.isPrivateKey(number));
        assertEquals("brainpoolP160r1", EcCurve.BRAINPOOL160.opensslName());
    }

    @Test
    void aSecretIsAskedForWithTheKeyTwiceAmongEmptyItems() {
        EcClearToken key = new EcClearToken(EcCurve.BRAINPOOL160, EcClearToken.USAGE_DERIVE,
                TokensTest.counting(1, 20), TokensTest.counting(1, 40));
        String item = "00b30000" + HEX.formatHex(key.toBytes());
        String none = "00440000" + "00".repeat(64);
        assertEquals("4448" + "000a" + "5041535354485255" + "0014" + "00040091" + "000600930000" + "00040090"
                + "00040092" + "0278" + item + none + item + none + none + none,
                HEX.formatHex(EcVerb.derive(key)));
    }
}

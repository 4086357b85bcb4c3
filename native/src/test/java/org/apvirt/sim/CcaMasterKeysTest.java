// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CcaMasterKeysTest {
    private static final byte[] NOTHING = {};

    private final SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).random(new Random(1))
            .usageDomains(ApMask.of(4, 6)).adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).build();
    private final CryptoDomain domain = machine.adapter(5).cryptoDomain(4);

    static byte[] counting(int first, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    private MasterKey aes() {
        return domain.keys().key(MasterKeySet.AES);
    }

    private KeyChange aes(MasterKeyOperation operation, byte... part) {
        return domain.change(MasterKeySet.AES, operation, part);
    }

    @Test
    void patternsOfKnownKeysAreTheDocumentedOnes() {
        assertEquals("491176b0f443c65a", HexFormat.of().formatHex(MasterKeySet.AES.pattern(counting(0, 32))));
        assertEquals("1a7dfdeaffeedac4", HexFormat.of().formatHex(MasterKeySet.APKA.pattern(new byte[32])));
        assertEquals(16, MasterKeySet.ASYM.pattern(new byte[24]).length);
    }

    @Test
    void threePartsAreAddedAndBecomeTheCurrentKeyWithSet() {
        byte[] ones = new byte[32];
        Arrays.fill(ones, (byte) 1);
        assertEquals(KeyChange.DONE, aes(MasterKeyOperation.FIRST, counting(0, 32)));
        assertEquals(KeyRegister.State.PARTIAL, aes().next().state());
        assertEquals(0, aes().next().pattern().length);
        assertEquals(KeyChange.DONE, aes(MasterKeyOperation.MIDDLE, ones));
        assertEquals(KeyChange.DONE, aes(MasterKeyOperation.LAST, ones));
        assertArrayEquals(MasterKeySet.AES.pattern(counting(0, 32)), aes().next().pattern());
        assertFalse(aes().current().isFull());
        assertEquals(KeyChange.DONE, aes(MasterKeyOperation.SET));
        assertArrayEquals(counting(0, 32), aes().current().key());
        assertEquals(KeyRegister.EMPTY, aes().next());
        assertFalse(aes().old().isFull());
    }

    @Test
    void settingAgainMovesTheCurrentKeyToOldAndDropsTheOldOne() {
        byte[][] keys = new byte[3][];
        for (int i = 0; i < 3; i++) {
            assertEquals(KeyChange.DONE, aes(MasterKeyOperation.RANDOM));
            keys[i] = aes().next().key();
            assertEquals(KeyChange.DONE, aes(MasterKeyOperation.SET));
        }
        assertArrayEquals(keys[2], aes().current().key());
        assertArrayEquals(keys[1], aes().old().key());
        assertEquals(KeyChange.DONE, aes(MasterKeyOperation.CLEAR_OLD));
        assertFalse(aes().old().isFull());
        assertTrue(aes().current().isFull());
    }

    @ParameterizedTest
    @CsvSource({"EMPTY, MIDDLE", "EMPTY, LAST", "EMPTY, SET", "PARTIAL, FIRST", "PARTIAL, SET", "FULL, FIRST",
            "FULL, MIDDLE", "FULL, LAST"})
    void anOperationOutOfOrderChangesNothing(KeyRegister.State state, MasterKeyOperation operation) {
        switch (state) {
            case EMPTY -> {
            }
            case PARTIAL -> aes(MasterKeyOperation.FIRST, counting(0, 32));
            case FULL -> aes(MasterKeyOperation.RANDOM);
        }
        DomainKeys before = domain.keys();
        assertEquals(KeyChange.WRONG_ORDER, aes(operation, operation.takesPart() ? counting(9, 32) : NOTHING));
        assertEquals(before, domain.keys());
    }

    @Test
    void aPartOfAnotherLengthIsRefused() {
        for (int length : new int[]{0, 31, 33, 24}) {
            assertEquals(KeyChange.WRONG_LENGTH, aes(MasterKeyOperation.FIRST, new byte[length]));
        }
        aes(MasterKeyOperation.FIRST, new byte[32]);
        assertEquals(KeyChange.WRONG_LENGTH, aes(MasterKeyOperation.LAST, new byte[24]));
        assertEquals(KeyChange.WRONG_LENGTH, aes(MasterKeyOperation.CLEAR, new byte[1]));
        assertEquals(KeyChange.DONE, domain.change(MasterKeySet.SYM, MasterKeyOperation.FIRST, new byte[24]));
    }

    @Test
    void theCurrentAndTheOldKeyAreNoNewKeys() {
        for (int first = 0; first < 2; first++) {
            aes(MasterKeyOperation.FIRST, counting(first, 32));
            aes(MasterKeyOperation.LAST, new byte[32]);
            aes(MasterKeyOperation.SET);
        }
        for (int first = 0; first < 2; first++) {
            aes(MasterKeyOperation.CLEAR);
            aes(MasterKeyOperation.FIRST, counting(first, 32));
            assertEquals(KeyChange.SAME_KEY, aes(MasterKeyOperation.LAST, new byte[32]));
        }
    }

    @Test
    void resetsAndDeconfiguringKeepKeysUnpluggingLosesThem() {
        aes(MasterKeyOperation.RANDOM);
        aes(MasterKeyOperation.SET);
        DomainKeys before = domain.keys();
        var ap = new org.apvirt.arch.ApCommands(machine.instructions(), machine.facilities());
        ap.zapq(CcaExchange.QUEUE, false);
        ap.rapq(CcaExchange.QUEUE, false);
        machine.adapter(5).change(card -> card.configured(false));
        machine.adapter(5).change(card -> card.configured(true).checkstopped(true));
        machine.setUsageDomains(ApMask.of(6));
        assertEquals(before, machine.adapter(5).cryptoDomain(4).keys());
        AdapterSpec spec = machine.adapter(5).spec();
        machine.removeAdapter(5);
        machine.addAdapter(spec);
        assertEquals(DomainKeys.NONE, machine.adapter(5).cryptoDomain(4).keys());
    }

    @Test
    void keysAreOneDomainsAndNoOthers() {
        aes(MasterKeyOperation.RANDOM);
        assertEquals(DomainKeys.NONE, machine.adapter(5).cryptoDomain(6).keys());
        domain.zeroize();
        assertEquals(DomainKeys.NONE, domain.keys());
    }

    @Test
    void keysAreNeverPrinted() {
        domain.change(keys -> keys.with(MasterKeySet.AES, counting(0x60, 32))
                .with(new WrappingKey(true, WrappingKey.register(counting(0x60, 32)), KeyRegister.EMPTY, false)));
        String text = domain + " " + domain.keys() + " " + aes();
        assertFalse(text.contains("6061626364"), text);
        assertFalse(text.contains("[B@"), text);
    }

    @Test
    void aRegisterThatOnlyHasAPatternHasNoKey() {
        KeyRegister register = KeyRegister.ofPattern("3ba76fd8b2615913");
        assertTrue(register.isFull());
        assertNull(register.key());
    }

    @Test
    void wrappingKeysAreGeneratedCommittedAndFinalized() {
        assertEquals(KeyChange.WRONG_ORDER, domain.change(WrappingKey.Operation.COMMIT));
        assertEquals(KeyChange.WRONG_ORDER, domain.change(WrappingKey.Operation.FINALIZE));
        assertEquals(KeyChange.DONE, domain.change(WrappingKey.Operation.GENERATE));
        assertEquals(KeyChange.WRONG_ORDER, domain.change(WrappingKey.Operation.FINALIZE));
        KeyRegister next = domain.keys().ep11().next();
        assertEquals(32, next.pattern().length);
        assertEquals(KeyChange.DONE, domain.change(WrappingKey.Operation.COMMIT));
        assertEquals(KeyChange.WRONG_ORDER, domain.change(WrappingKey.Operation.GENERATE));
        assertEquals(KeyChange.DONE, domain.change(WrappingKey.Operation.FINALIZE));
        assertEquals(new WrappingKey(true, next, KeyRegister.EMPTY, false), domain.keys().ep11());
        assertEquals(KeyChange.DONE, domain.change(WrappingKey.Operation.CLEAR));
        assertEquals(WrappingKey.NONE, domain.keys().ep11());
    }
}

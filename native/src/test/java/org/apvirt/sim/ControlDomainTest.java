// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Random;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.MasterKeyCommand;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A message on queue 05.0004 for domain 0x47: the ADM decides, and nothing else. */
class ControlDomainTest {
    private static final int OTHER = 0x47;
    private static final byte[] KEY = CcaMasterKeysTest.counting(0, 32);
    private static final byte[] NOTHING = {};

    private final SimulatedMachine machine = machine(true, 0);

    private static SimulatedMachine machine(boolean administration, int moreFlags) {
        return SimulatedMachine.builder(new VirtualTime()).random(new Random(1)).administration(administration)
                .qciFlags(ApConfigInfo.APSC | ApConfigInfo.APXA | moreFlags)
                .usageDomains(ApMask.of(4)).controlDomains(ApMask.of(4, OTHER))
                .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).build();
    }

    private static byte[] command(String operation, int domain, byte[] part) {
        return new MasterKeyCommand(operation, "AES", domain, part).toBytes();
    }

    private CcaResult send(byte[] parameters) {
        return new CcaExchange(machine).send(CcaExchange.QUEUE, MasterKeyCommand.CPRB, Cprbx.ANY_DOMAIN, parameters)
                .result();
    }

    private CryptoDomain domain(int apqi) {
        return machine.adapter(5).cryptoDomain(apqi);
    }

    /** What a guest with these control domains issues. */
    private CcaExchange guest(ApMask controlDomains) {
        ApInstructions all = machine.instructions();
        Sender guest = new Sender(controlDomains, new byte[Sender.MASK_LENGTH]);
        ApInstructions its = new ApInstructions() {
            @Override
            public int pqap(ApRegisters registers, Storage storage) {
                return all.pqap(registers, storage);
            }

            @Override
            public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
                return all.nqap(registers, storage, r1, r2, guest);
            }

            @Override
            public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
                return all.dqap(registers, storage, r1, r2);
            }
        };
        return new CcaExchange(its, machine.facilities());
    }

    @Test
    void aKeyIsLoadedAndSetInTheOtherDomainAlone() {
        assertEquals(CcaResult.DONE, send(command("FIRST", OTHER, KEY)));
        assertEquals(CcaResult.DONE, send(command("LAST", OTHER, new byte[32])));
        assertEquals(CcaResult.DONE, send(command("SET", OTHER, NOTHING)));
        assertArrayEquals(KEY, domain(OTHER).keys().key(MasterKeySet.AES).current().key());
        assertEquals(DomainKeys.NONE, domain(4).keys());
        assertEquals(CcaResult.DONE,
                send(new MasterKeyCommand(MasterKeyCommand.ZEROIZE, "ALL", OTHER, NOTHING).toBytes()));
        assertEquals(DomainKeys.NONE, domain(OTHER).keys());
    }

    @Test
    void theTargetIsInTheCommandWhateverTheControlBlockNames() {
        byte[] message = CcaExchange.message(MasterKeyCommand.CPRB, 4, command("RANDOM", OTHER, NOTHING));
        new CcaExchange(machine).raw(CcaExchange.QUEUE, message);
        assertTrue(domain(OTHER).keys().key(MasterKeySet.AES).next().isFull());
        assertEquals(DomainKeys.NONE, domain(4).keys());
    }

    @Test
    void withoutTheBitInTheGuestsAdmItIsFilteredAndNothingChanges() {
        CcaExchange without = guest(ApMask.of(4));
        byte[] message = CcaExchange.message(MasterKeyCommand.CPRB, 4, command("RANDOM", OTHER, NOTHING));
        byte[] reply = without.raw(CcaExchange.QUEUE, message);
        assertEquals(ErrorReply.FILTERED_BY_HYPERVISOR, reply[4] & 0xff);
        assertEquals(DomainKeys.NONE, domain(OTHER).keys());
        guest(ApMask.of(4, OTHER)).raw(CcaExchange.QUEUE, message);
        assertTrue(domain(OTHER).keys().key(MasterKeySet.AES).next().isFull());
    }

    @Test
    void aDomainThatTheMachineHasNotIsNotConfigured() {
        byte[] message = CcaExchange.message(MasterKeyCommand.CPRB, 4, command("RANDOM", 0x50, NOTHING));
        ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
        assertEquals(0x42, ap.nqap(CcaExchange.QUEUE, 1, message, message.length, false) >> 16 & 0xff);
        SimulatedMachine saysItByReply = machine(true, ApConfigInfo.RC8A);
        byte[] reply = new CcaExchange(saysItByReply).raw(CcaExchange.QUEUE, message);
        assertEquals(ErrorReply.INVALID_DOMAIN, reply[4] & 0xff);
    }

    @Test
    void aCardTakesNoCommandUnlessItsMachineIsToldSo() {
        SimulatedMachine usual = machine(false, 0);
        byte[] message = CcaExchange.message(MasterKeyCommand.CPRB, 4, command("RANDOM", 4, NOTHING));
        byte[] reply = new CcaExchange(usual).raw(CcaExchange.QUEUE, message);
        assertEquals("0082000022000000", java.util.HexFormat.of().formatHex(reply));
        assertEquals(DomainKeys.NONE, usual.adapter(5).cryptoDomain(4).keys());
    }

    @Test
    void aUsageRequestIsNoCommand() {
        byte[] message = CcaExchange.message(FunctionCode.CPRB_CCA_USAGE, 4, command("RANDOM", 4, NOTHING));
        assertEquals(0x82, new CcaExchange(machine).raw(CcaExchange.QUEUE, message)[1] & 0xff);
        assertEquals(DomainKeys.NONE, domain(4).keys());
    }

    @Test
    void unknownWordsWrongOrderAndWrongLengthsAreRefused() {
        assertEquals(CcaResult.BAD_KEYWORD, send(command("SECOND", OTHER, KEY)));
        assertEquals(CcaResult.BAD_KEYWORD, send(new MasterKeyCommand("FIRST", "DES", OTHER, KEY).toBytes()));
        assertEquals(CcaResult.BAD_KEYWORD, send(command("SET", OTHER, NOTHING)));
        assertEquals(CcaResult.BAD_KEY_LENGTH, send(command("FIRST", OTHER, new byte[31])));
        assertEquals(CcaResult.KEYWORDS_CONFLICT, send(command("ZEROIZE", OTHER, NOTHING)));
        assertEquals(DomainKeys.NONE, domain(OTHER).keys());
    }

    @Test
    void aUsageRequestForAnotherDomainIsToldItsStateButNotGivenItsKeys() {
        domain(OTHER).change(keys -> keys.with(MasterKeySet.AES, KEY));
        CcaExchange card = new CcaExchange(machine);
        byte[] told = card.send(CcaExchange.QUEUE, FunctionCode.CPRB_CCA_USAGE, OTHER,
                org.apvirt.arch.msg.CcaFacilityQuery.request("STATICSA")).parameters();
        assertEquals(0x49, told[4 + 128 + 2 + 184]);
        assertEquals(CcaResult.FORBIDDEN, card.send(CcaExchange.QUEUE, FunctionCode.CPRB_CCA_USAGE, OTHER,
                AesKeyVerb.generate(256)).result());
        assertFalse(domain(4).keys().key(MasterKeySet.AES).current().isFull());
    }
}

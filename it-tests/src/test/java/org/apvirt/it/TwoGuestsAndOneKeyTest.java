// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.util.Arrays;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.ProtectedKeyBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CryptoDomain;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** The story of docs/keys.md: a secure key belongs to whoever has its master key, and ends with it. */
class TwoGuestsAndOneKeyTest {
    private static final byte[] NOTHING = {};

    private final SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
            .usageDomains(ApMask.of(4, 0x47)).adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).build();
    private final CryptoDomain domain4 = machine.adapter(5).cryptoDomain(4);
    private final CryptoDomain domain47 = machine.adapter(5).cryptoDomain(0x47);

    /** A guest with one queue: what its mask makes of the machine's instructions. */
    private final class Guest {
        private final Apqn queue;
        private final ApCommands ap;
        private CcaResult result = CcaResult.DONE;

        Guest(Apqn queue, int maskByte) {
            this.queue = queue;
            byte[] mask = new byte[Sender.MASK_LENGTH];
            Arrays.fill(mask, (byte) maskByte);
            Sender sender = new Sender(ApMask.of(queue.apqi()), mask);
            ApInstructions below = machine.instructions();
            this.ap = new ApCommands(new ApInstructions() {
                @Override
                public int pqap(ApRegisters registers, Storage storage) {
                    return below.pqap(registers, storage);
                }

                @Override
                public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
                    return below.nqap(registers, storage, r1, r2, sender);
                }

                @Override
                public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
                    return below.dqap(registers, storage, r1, r2);
                }
            }, machine.facilities());
        }

        byte[] ask(byte[] parameters) {
            int start = Type6Header.LENGTH + Cprbx.LENGTH;
            byte[] message = new byte[start + parameters.length];
            int function = (parameters[0] & 0xff) << 8 | parameters[1] & 0xff;
            Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1,
                    Cprbx.LENGTH + parameters.length);
            Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(queue.apqi())
                    .requestParameterLength(parameters.length);
            System.arraycopy(parameters, 0, message, start, parameters.length);
            assertEquals(0, ap.nqap(queue, 1, message, message.length, true) & 0x00ff_0000);
            byte[] buffer = new byte[4096];
            ap.dqap(queue, buffer, 0);
            Cprbx block = Cprbx.at(buffer, Type86Header.LENGTH);
            result = CcaResult.of(block);
            int reply = Type86Header.LENGTH + Cprbx.LENGTH;
            return Arrays.copyOfRange(buffer, reply, reply + block.replyParameterLength());
        }

        byte[] protectedKey(byte[] token) {
            ProtectedKeyBlock block = AesKeyVerb.protectedKey(ask(AesKeyVerb.protect(token)), AesKeyVerb.PROTECT);
            return block == null ? NOTHING : block.key();
        }
    }

    @Test
    void aKeyWorksWhereItsMasterKeyIsAndNowhereElse() {
        for (CryptoDomain domain : new CryptoDomain[]{domain4, domain47}) {
            domain.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, NOTHING);
            domain.change(MasterKeySet.AES, MasterKeyOperation.SET, NOTHING);
        }
        Guest guest1 = new Guest(new Apqn(5, 4), 0x11);
        Guest guest2 = new Guest(new Apqn(5, 0x47), 0x22);

        byte[] token = AesKeyVerb.token(guest1.ask(AesKeyVerb.generate(256)), AesKeyVerb.GENERATE);
        byte[] first = guest1.protectedKey(token);
        assertEquals(64, first.length);
        guest2.protectedKey(token);
        assertEquals("8/48", guest2.result.toString());

        domain47.change(keys -> keys.with(MasterKeySet.AES, domain4.keys().key(MasterKeySet.AES)));
        byte[] second = guest2.protectedKey(token);
        assertEquals(CcaResult.DONE, guest2.result);
        assertFalse(Arrays.equals(first, second), "a protected key is of one guest");
        assertArrayEquals(first, guest1.protectedKey(token));

        domain4.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, NOTHING);
        domain4.change(MasterKeySet.AES, MasterKeyOperation.SET, NOTHING);
        assertArrayEquals(first, guest1.protectedKey(token));
        assertEquals("0/10001", guest1.result.toString());

        domain4.zeroize();
        guest1.protectedKey(token);
        assertEquals("12/764", guest1.result.toString());
        assertArrayEquals(second, guest2.protectedKey(token));
    }
}

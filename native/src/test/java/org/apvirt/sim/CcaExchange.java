// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Sends parameter blocks to CCA cards through NQAP and DQAP, as a raw program of the machine. */
final class CcaExchange {
    static final Apqn QUEUE = new Apqn(5, 4);

    /** The control block and the parameters of a reply. */
    record Reply(CcaResult result, byte[] parameters, byte[] message) {}

    private final ApCommands ap;

    CcaExchange(SimulatedMachine machine) {
        this(machine.instructions(), machine.facilities());
    }

    CcaExchange(ApInstructions instructions, Facilities facilities) {
        this.ap = new ApCommands(instructions, facilities);
    }

    static byte[] message(int identifier, int domain, byte[] parameters) {
        byte[] message = new byte[Type6Header.LENGTH + Cprbx.LENGTH + parameters.length];
        int function = (parameters[0] & 0xff) << 8 | parameters[1] & 0xff;
        Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1, Cprbx.LENGTH + parameters.length)
                .fromCardLength(1, 4096).fromCardLength(2, 4096);
        Cprbx.init(message, Type6Header.LENGTH, identifier).domain(domain)
                .requestParameterLength(parameters.length).replyDataRoom(4096);
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return message;
    }

    /** Returns the whole reply to a whole message. */
    byte[] raw(Apqn queue, byte[] message) {
        assertEquals(0, ap.nqap(queue, 1, message, message.length, false) & 0x00ff_0000);
        byte[] buffer = new byte[12288];
        ap.dqap(queue, buffer, 0);
        return Arrays.copyOf(buffer, ap.replyLength(buffer));
    }

    /** Sends a usage request to 05.0004, for any domain. */
    Reply send(byte[] parameters) {
        return send(QUEUE, FunctionCode.CPRB_CCA_USAGE, Cprbx.ANY_DOMAIN, parameters);
    }

    Reply send(Apqn queue, int identifier, int domain, byte[] parameters) {
        byte[] reply = raw(queue, message(identifier, domain, parameters));
        assertEquals(0x86, reply[1] & 0xff, "reply code " + Integer.toHexString(reply[4] & 0xff));
        Cprbx block = Cprbx.at(reply, Type86Header.LENGTH);
        int start = Type86Header.LENGTH + Cprbx.LENGTH;
        return new Reply(CcaResult.of(block),
                Arrays.copyOfRange(reply, start, start + block.replyParameterLength()), reply);
    }
}

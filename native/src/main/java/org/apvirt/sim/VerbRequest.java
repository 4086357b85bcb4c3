// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A request to a CCA card whose header and control block are in order: what a family of verbs gets, and how it answers.
 *
 * @param message the whole message
 * @param length bytes of the parameter block
 * @param addressee whom it was sent to
 * @param domain what the card keeps for the domain that it is for
 */
record VerbRequest(byte[] message, int length, MessageEngine.Addressee addressee, CryptoDomain domain) {
    /** Where the parameter block begins. */
    static final int PARAMETERS = Type6Header.LENGTH + Cprbx.LENGTH;
    private static final byte[] NOTHING = {};

    /** Returns the function code. */
    int function() {
        return (message[PARAMETERS] & 0xff) << 8 | message[PARAMETERS + 1] & 0xff;
    }

    Type6Header header() {
        return Type6Header.at(message);
    }

    Cprbx request() {
        return Cprbx.at(message, Type6Header.LENGTH);
    }

    /** Reads the parameter block; null if a length in it is wrong. */
    @Nullable
    CcaParameters block() {
        return CcaParameters.parse(message, PARAMETERS, length);
    }

    SimulatedMachine machine() {
        return addressee.machine();
    }

    /** Returns random bytes of the card. */
    byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        machine().random().nextBytes(random);
        return random;
    }

    /** Tells whether the domain is another than that of the queue. */
    boolean isForOtherDomain() {
        return domain.apqn().apqi() != addressee.apqi();
    }

    /** Returns the reply with return and reason code and without parameters. */
    byte[] refuse(CcaResult why) {
        return answer(why, NOTHING, NOTHING);
    }

    /** Returns the reply with parameters. */
    byte[] answer(byte[] parameters) {
        return answer(CcaResult.DONE, parameters, NOTHING);
    }

    /** Returns the reply with codes, parameters and data. */
    byte[] answer(CcaResult result, byte[] parameters, byte[] data) {
        int count1 = Cprbx.LENGTH + parameters.length;
        // Also without data: Linux before 6.7 takes where data end for the end of the reply.
        int offset2 = Type86Header.LENGTH + (data.length == 0 ? count1 : count1 + 3 & ~3);
        byte[] reply = new byte[offset2 + data.length];
        Type86Header.init(reply, count1).data(offset2, data.length);
        System.arraycopy(data, 0, reply, offset2, data.length);
        // The requester gets its control block back, with what has become of it.
        System.arraycopy(message, Type6Header.LENGTH, reply, Type86Header.LENGTH, Cprbx.LENGTH);
        Cprbx.at(reply, Type86Header.LENGTH).replyParameterLength(parameters.length).replyDataLength(data.length)
                .result(result.returnCode(), result.reasonCode());
        System.arraycopy(parameters, 0, reply, Type86Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return reply;
    }

    @Override
    public String toString() { // the message may carry a clear key
        return "request of " + message.length + " bytes to " + domain.apqn();
    }
}

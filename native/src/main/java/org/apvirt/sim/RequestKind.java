// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A kind of request that programs send to cards.
 *
 * <pre>
 *  any       whatever it is
 *  type50    RSA for an accelerator
 *  cca       a CPRB for a CCA coprocessor
 *  KG        the same with this verb: the two letters at the beginning of its parameter block
 *  ep11      a CPRB for an EP11 coprocessor
 *  ep11-38   the same with this function
 * </pre>
 *
 * @param name as above
 */
public record RequestKind(String name) {
    private static final String EP11_FUNCTION = "ep11-";
    private static final List<String> WORDS = List.of("any", "type50", "cca", "ep11");
    private static final int TYPE50 = 0x50;

    /** Every request. */
    public static final RequestKind ANY = new RequestKind("any");

    /** Checks the name. */
    public RequestKind {
        if (!WORDS.contains(name) && !name.matches("[A-Z][A-Z0-9]|ep11-[0-9]{1,5}")) {
            throw new IllegalArgumentException("'" + name
                    + "' is no kind of request (use any, type50, cca, ep11, a CCA verb such as KG, or an EP11 function such as ep11-38)");
        }
    }

    /** Tells whether a whole message is of this kind. */
    boolean includes(byte[] message) {
        return switch (name) {
            case "any" -> true;
            case "type50" -> message.length > ErrorReply.TYPE_OFFSET
                    && (message[ErrorReply.TYPE_OFFSET] & 0xff) == TYPE50;
            case "cca" -> agent(message) == FunctionCode.AGENT_CCA;
            case "ep11" -> agent(message) == FunctionCode.AGENT_EP11;
            default -> name.startsWith(EP11_FUNCTION)
                    ? Integer.toString(ep11Function(message)).equals(name.substring(EP11_FUNCTION.length()))
                    : name.equals(verb(message));
        };
    }

    private static int agent(byte[] message) {
        if (message.length < Type6Header.LENGTH) {
            return 0;
        }
        Type6Header header = Type6Header.at(message);
        return header.type() == Type6Header.TYPE ? header.agent() : 0;
    }

    private static @Nullable String verb(byte[] message) {
        int at = VerbRequest.PARAMETERS;
        return agent(message) == FunctionCode.AGENT_CCA && message.length >= at + 2
                ? FunctionCode.text((message[at] & 0xff) << 8 | message[at + 1] & 0xff)
                : null;
    }

    private static int ep11Function(byte[] message) {
        int start = Type6Header.LENGTH + Ep11Cprb.LENGTH;
        if (agent(message) != FunctionCode.AGENT_EP11 || message.length < start) {
            return -1;
        }
        int length = Ep11Cprb.at(message, Type6Header.LENGTH).payloadLength();
        Ep11Payload payload = length < 0 || length > message.length - start
                ? null
                : Ep11Payload.parse(Arrays.copyOfRange(message, start, start + length));
        return payload == null ? -1 : payload.function();
    }

    @Override
    public String toString() {
        return name;
    }
}

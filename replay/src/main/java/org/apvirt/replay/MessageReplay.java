// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.machine.HardwareChange;
import org.apvirt.sim.RecordedTokens;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Gives recorded messages to the simulated cards and compares what can be compared: reply code; lengths; headers of
 * control blocks and tokens with master-key patterns; return and reason codes; the domain. What is enciphered cannot be, and
 * nor can what each card tells of itself. Tokens in requests are replaced as {@link RecordedTokens} does.
 *
 * <p>Where the recorder made the answer wrong on purpose, only the request counts: the card must take it.
 */
final class MessageReplay {
    private static final int CCA_START = Type6Header.LENGTH + Cprbx.LENGTH;
    private static final int EP11_START = Type6Header.LENGTH + Ep11Cprb.LENGTH;
    private static final int CCA_REPLY = Type86Header.LENGTH + Cprbx.LENGTH;
    private static final int LONGEST_KEY = 256; // bits
    private static final int EP11_REPLY = Type86Header.LENGTH + Ep11Cprb.LENGTH;

    private final SimulatedMachine machine;
    private final Set<String> forced = new HashSet<>();

    MessageReplay(SimulatedMachine machine) {
        this.machine = machine;
    }

    void force(HardwareChange.ForceAnswer change) {
        if (change.forced()) {
            forced.add(change.which());
        } else {
            forced.remove(change.which());
        }
    }

    /** Returns the first difference, null if there is none. */
    @Nullable
    Difference compare(int number, CardMessage message) {
        SimulatedAdapter adapter = machine.findAdapter(message.apqn().apid());
        if (adapter == null) {
            return new Difference("messages[" + number + "]", message.apqn().toString(), "no such adapter");
        }
        int domain = keysOf(message);
        byte[] request = RecordedTokens.replaced(message.request(), adapter.cryptoDomain(domain).keys(),
                blobKeyBytes(message.reply()));
        byte[] reply = adapter.answer(domain, request);
        String verb = verb(request);
        boolean wrong = forced.contains("*/" + verb) || forced.contains(message.apqn() + "/" + verb);
        String recorded = wrong ? "taken" : comparable(verb, message.request(), message.reply());
        String answered = reply == null
                ? "response code 42"
                : wrong ? taken(reply) : comparable(verb, message.request(), reply);
        return recorded.equals(answered)
                ? null
                : new Difference("messages[" + number + "] " + verb + " to " + message.apqn(), recorded, answered);
    }

    /**
     * The domain whose keys a message is to use. Linux 6.12 sends a usage request for a control domain through a queue of another
     * domain, and the recorder's card let it; ours says 8/90 then, see {@code docs/keys.md}. So that the rest of the answer
     * is compared all the same, it is asked as through a queue of the domain that is meant.
     */
    private int keysOf(CardMessage message) {
        byte[] request = message.request();
        int queue = message.apqn().apqi();
        if (request.length < CCA_START || request[32] != (byte) (FunctionCode.AGENT_CCA >> 8)) {
            return queue;
        }
        Cprbx block = Cprbx.at(request, Type6Header.LENGTH);
        return block.identifier() == FunctionCode.CPRB_CCA_USAGE && block.domain() < ApMask.BITS
                && machine.controlDomains().contains(block.domain()) ? block.domain() : queue;
    }

    /** The reply to a WrapKey tells how long the key in the blob is. */
    private static int blobKeyBytes(byte[] reply) {
        Ep11Payload payload = reply.length > EP11_REPLY && reply[Type86Header.LENGTH + 2] == Ep11Cprb.VERSION
                ? Ep11Payload.parse(Arrays.copyOfRange(reply, EP11_REPLY, reply.length))
                : null;
        Ep11KeyFunction.Wrapped wrapped = payload == null || payload.function() != Ep11KeyFunction.WRAP
                || payload.size() < 4 ? null : Ep11KeyFunction.Wrapped.parse(payload.field(3));
        return wrapped == null || wrapped.bits() > LONGEST_KEY ? LONGEST_KEY / 8 : wrapped.bits() / 8;
    }

    private static String verb(byte[] request) {
        if (request.length > CCA_START + 2 && request[32] == (byte) (FunctionCode.AGENT_CCA >> 8)) {
            return "" + (char) request[CCA_START] + (char) request[CCA_START + 1];
        }
        Ep11Payload payload = request.length > EP11_START
                ? Ep11Payload.parse(Arrays.copyOfRange(request, EP11_START,
                        EP11_START + Ep11Cprb.at(request, Type6Header.LENGTH).payloadLength()))
                : null;
        return payload == null ? "?" : Integer.toString(payload.function());
    }

    /** Tells whether a card did what was asked. */
    private static String taken(byte[] reply) {
        if (reply[1] != (byte) 0x86) {
            return error(reply);
        }
        if (reply[Type86Header.LENGTH + 2] == Cprbx.VERSION) {
            Cprbx block = Cprbx.at(reply, Type86Header.LENGTH);
            return block.returnCode() == 0 ? "taken" : block.returnCode() + "/" + block.reasonCode();
        }
        Ep11Payload payload = Ep11Payload.parse(Arrays.copyOfRange(reply, EP11_REPLY, reply.length));
        return payload != null && payload.word(2) == 0
                ? "taken"
                : payload == null ? "malformed" : Integer.toHexString(payload.word(2));
    }

    private static String error(byte[] reply) {
        return String.format("type %02x code %02x", reply[1], reply[4]);
    }

    /** Returns what can be compared of a reply, in words. */
    private static String comparable(String verb, byte[] request, byte[] reply) {
        if (reply[1] != (byte) 0x86) {
            return error(reply);
        }
        Type86Header header = Type86Header.at(reply);
        StringBuilder text = new StringBuilder("type 86, " + reply.length + " bytes, control block of "
                + header.count1() + " at " + header.offset1());
        boolean cca = reply[Type86Header.LENGTH + 2] == Cprbx.VERSION;
        if (cca) {
            Cprbx block = Cprbx.at(reply, Type86Header.LENGTH);
            CcaResult result = CcaResult.of(block);
            if (result.equals(CcaResult.OLD_KEY)) { // the kernel takes both alike, and the recorder's card said it only when told
                result = CcaResult.DONE;
            }
            text.append(", ").append(FunctionCode.text(block.identifier())).append(' ').append(result)
                    .append(", domain ").append(block.domain())
                    .append(", parameters ").append(block.replyParameterLength());
        } else {
            Ep11Cprb block = Ep11Cprb.at(reply, Type86Header.LENGTH);
            text.append(", flags ").append(block.flags()).append(", target ").append(block.target()).append(", code ")
                    .append(block.returnCode()).append(", payload ").append(block.payloadLength());
        }
        byte[] content = Arrays.copyOfRange(reply, cca ? CCA_REPLY : EP11_REPLY, reply.length);
        if (cca) {
            hideCca(verb, request, content);
        } else {
            content = ep11(verb, request, content);
        }
        return text.append(": ").append(HexFormat.of().formatHex(content)).toString();
    }

    /** Blanks what is enciphered, random or each card's own. */
    private static void hideCca(String verb, byte[] request, byte[] content) {
        switch (verb) {
            case "FQ" -> {
                if (request[CCA_START + 11] == 'B' && content.length == 390) { // more is told here: identifiers, SYM, AES
                    int variables = 4 + 128 + 2;
                    hide(content, variables + 122, 86);
                    hide(content, variables + 218, 2);
                    hide(content, variables + 230, 2);
                }
            }
            case "KG", "CM" -> {
                hide(content, 12 + 7, 1);
                hide(content, 12 + 16, 32);
                hide(content, 12 + 60, 4);
            }
            case "GK", "IP" -> {
                int length = content.length > 16 ? ByteBuffer.wrap(content).getShort(12 + 2) & 0xffff : 0;
                hide(content, 12 + 56, length - 56);
            }
            case "US", "AU" -> {
                int length = content.length > 20 ? ByteBuffer.wrap(content).getShort(10 + 8) & 0xffff : 0;
                int field = Math.max(64, length);
                hide(content, 20, field);
                hide(content, 20 + field + 36, 32);
            }
            default -> {
            } // nothing is secret in it
        }
    }

    private static byte[] ep11(String verb, byte[] request, byte[] content) {
        Ep11Payload payload = Ep11Payload.parse(content);
        if (payload == null || payload.size() < 4) {
            return content;
        }
        byte[] data = payload.field(3);
        byte[] shown = content.clone();
        int at = content.length - data.length;
        switch (verb) {
            case "38" -> {
                Ep11Payload asked = Ep11Payload.parse(Arrays.copyOfRange(request, EP11_START,
                        EP11_START + Ep11Cprb.at(request, Type6Header.LENGTH).payloadLength()));
                if (asked != null && asked.word(2) == Ep11Payload.QUERY_MODULE) {
                    hide(shown, at + 4, data.length - 4); // all but the API ordinal
                }
            }
            case "21", "34" -> {
                hide(shown, at + 66, data.length - 66);
            }
            case "33" -> {
                hide(shown, at + 2, 16);
                hide(shown, at + 34, data.length - 34);
            }
            default -> hide(shown, at, data.length);
        }
        return shown;
    }

    private static void hide(byte[] bytes, int offset, int length) {
        if (length > 0 && offset < bytes.length) {
            Arrays.fill(bytes, offset, Math.min(offset + length, bytes.length), (byte) 0);
        }
    }
}

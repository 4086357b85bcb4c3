// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Arrays;
import java.util.List;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApMessage;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Header;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.AccessRights.Purpose;
import org.apvirt.zcrypt.ZcryptModel.Operation;

/**
 * A request to an EP11 coprocessor: a control block with its payload, of a program (ZSENDEP11CPRB) or of the kernel
 * itself. Source: Linux {@code zcrypt_api.c}, {@code _zcrypt_send_ep11_cprb}; {@code zcrypt_msgtype6.c},
 * {@code xcrb_msg_to_type6_ep11cprb_msgx}, {@code zcrypt_msgtype6_send_ep11_cprb}.
 */
public final class Ep11Request implements ZcryptDispatch.Request {
    private static final int ANY_DOMAIN = 0xffff; // also in the target field of a control block
    private static final int MIN_PAYLOAD = 5; // bytes
    private static final int PAYLOAD = Type6Header.LENGTH + Ep11Cprb.LENGTH; // where it begins
    private static final byte[] NOTHING = {};

    /**
     * A queue that may answer.
     *
     * @param apid adapter, or {@link #ANY}
     * @param apqi domain, or {@link #ANY}
     */
    public record Target(int apid, int apqi) {
        /** Any adapter, any domain. */
        public static final int ANY = 0xffff;

        private boolean isCard(int adapter) {
            return apid == ANY || apid == adapter;
        }

        private boolean isQueue(int adapter, int domain) {
            return isCard(adapter) && (apqi == ANY || apqi == domain);
        }
    }

    private final AccessRights rights;
    private final List<Target> targets;
    private final long room;
    private final byte[] message; // padded with zeros to hold control block and header
    private final int length; // of what is sent
    private final Ep11Header payload;
    private byte[] reply = NOTHING;

    /**
     * Prepares a request.
     *
     * @param targets who may answer, empty: anybody
     * @param request control block with payload
     * @param room bytes that the reply's control block with payload may have, unsigned
     * @throws ErrnoException EINVAL: a length or the payload's beginning is wrong. ENODEV: the node does not allow it
     */
    public Ep11Request(ZcryptModule zcrypt, AccessRights rights, List<Target> targets, byte[] request, long room)
            throws ErrnoException {
        this.rights = rights;
        this.targets = List.copyOf(targets);
        this.room = room;
        requireLengths(zcrypt, request.length, room);
        length = Type6Header.LENGTH + (request.length + 3 & ~3);
        // Differs from Linux: behind a request that is too short for a header are zeros, not what lay there before.
        message = new byte[Math.max(length, PAYLOAD + Ep11Header.LOOSE_LENGTH)];
        System.arraycopy(request, 0, message, Type6Header.LENGTH, request.length);
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1, request.length);
        Ep11Header parsed;
        if (zcrypt.checksRequests()) {
            parsed = cprb(message).payloadLength() == request.length - Ep11Cprb.LENGTH
                    ? Ep11Header.parse(message, PAYLOAD, Type6Header.LENGTH + request.length)
                    : null;
        } else {
            parsed = Ep11Header.guess(message, PAYLOAD);
        }
        if (parsed == null) {
            throw new ErrnoException(Errno.EINVAL,
                    "payload of " + cprb(message).payloadLength() + " bytes is malformed");
        }
        payload = parsed;
        if (Integer.compareUnsigned(cprb(message).target(), ANY_DOMAIN) < 0) {
            rights.requireAllowed(cprb(message).target(), isAdmin() ? Purpose.ADMINISTRATION : Purpose.USAGE);
        }
    }

    /**
     * Checks lengths before anything is looked at.
     *
     * @param length bytes of the request, unsigned
     * @param room bytes that the reply may have, unsigned
     * @throws ErrnoException EINVAL: longer than any card takes, or, where the kernel checks that, too short for a control
     *     block
     */
    static void requireLengths(ZcryptModule zcrypt, long length, long room) throws ErrnoException {
        ApBus bus = zcrypt.bus();
        long most = bus == null ? Integer.MAX_VALUE - 3 : bus.maxMessageBytes();
        boolean malformed = zcrypt.checksRequests()
                ? length < Ep11Cprb.LENGTH + MIN_PAYLOAD || room < Ep11Cprb.LENGTH || room > 0xffff_fffcL
                : Long.compareUnsigned(room, -4) > 0;
        if (malformed || length < 0 || length > most || Type6Header.LENGTH + (length + 3 & ~3) > most) {
            throw new ErrnoException(Errno.EINVAL, "request of " + Long.toUnsignedString(length) + " bytes, room for "
                    + Long.toUnsignedString(room));
        }
    }

    private static Ep11Cprb cprb(byte[] message) {
        return Ep11Cprb.at(message, Type6Header.LENGTH);
    }

    private boolean isAdmin() {
        return (cprb(message).flags() & Ep11Cprb.ADMIN) != 0;
    }

    /** Returns control block and payload of the reply, empty if there is none. */
    public byte[] reply() {
        return reply;
    }

    @Override
    public ZcryptTrace.Kind kind() {
        return ZcryptTrace.Kind.ZSENDEP11CPRB;
    }

    @Override
    public int functionCode() {
        return payload.function() & 0xffff;
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return card.isEp11() && length <= card.card().maxMessageBytes()
                && (targets.isEmpty() || targets.stream().anyMatch(target -> target.isCard(card.card().apid())));
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        int apid = queue.queue().apqn().apid();
        int apqi = queue.queue().apqn().apqi();
        return (targets.isEmpty() || targets.stream().anyMatch(target -> target.isQueue(apid, apqi)))
                && rights.allows(apid, apqi);
    }

    @Override
    public int weight(ZcryptCard card) {
        return RequestWeight.ofEp11(payload.function()) * card.model().speed(Operation.SECURE_KEY);
    }

    @Override
    public boolean mayBeRepeated() {
        return !isAdmin();
    }

    /** The domain of a usage request is that of the queue it goes to, in the control block and in the payload. */
    @Override
    public ApMessage message(ZcryptQueue queue) throws ErrnoException {
        byte[] sent = message.clone();
        Type6Header.at(sent).fromCardLength(1, queue.queue().card().maxMessageBytes() - Type86Header.LENGTH);
        if (!isAdmin()) {
            int apqi = queue.queue().apqn().apqi();
            cprb(sent).target(apqi);
            if (!payload.storeDomain(sent, apqi)) {
                throw new ErrnoException(Errno.EINVAL, "the payload's domain is malformed");
            }
        }
        return new ApMessage(Arrays.copyOf(sent, length), (cprb(sent).flags() & Ep11Cprb.SPECIAL) != 0);
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] answer) throws ErrnoException {
        Type86Header header = ZcryptReply.Kind.EP11.answer(queue, answer);
        if (Long.compareUnsigned(room, header.count1()) < 0) {
            throw new ErrnoException(Errno.EMSGSIZE, "reply of " + header.count1() + " bytes");
        }
        reply = Arrays.copyOfRange(answer, header.offset1(), header.offset1() + header.count1());
    }
}

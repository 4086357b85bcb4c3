// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Arrays;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApMessage;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.AccessRights.Purpose;
import org.apvirt.zcrypt.ZcryptModel.Operation;

/**
 * A request to a CCA coprocessor: a control block with its parameters and, if need be, data; of a program (ZSECSENDCPRB)
 * or of the kernel itself. Source: Linux {@code zcrypt_api.c}, {@code _zcrypt_send_cprb}; {@code zcrypt_msgtype6.c},
 * {@code xcrb_msg_to_type6cprb_msgx}, {@code zcrypt_msgtype6_send_cprb}, {@code convert_response_xcrb}.
 */
public final class CcaRequest implements ZcryptDispatch.Request {
    /** Adapter of a request that any card may answer. */
    public static final int ANY_ADAPTER = 0xffff_ffff;

    private static final int INVALID_PARAMETER = 0x0008_044d; // status word
    private static final byte[] NOTHING = {};

    /**
     * What {@code struct ica_xcRB} says.
     *
     * @param agent for example CA
     * @param adapter the card, or {@link #ANY_ADAPTER}
     * @param control CPRB with its parameters
     * @param data further data, empty for none
     * @param controlRoom bytes that a reply's CPRB with parameters may have, unsigned
     * @param dataRoom bytes that a reply's data may have, unsigned
     */
    public record Block(int agent, int adapter, byte[] control, byte[] data, int controlRoom, int dataRoom) {}

    private final AccessRights rights;
    private final Block block;
    private final byte[] message; // padded with zeros to hold a CPRB
    private final int length; // of what is sent
    private final int functionCode;
    private final String verb;
    private final Purpose purpose;
    private final int domain; // what the queue's domain must be
    private final boolean namesQueueDomain;
    private byte[] replyControl = NOTHING;
    private byte[] replyData = NOTHING;
    private int status;

    /**
     * Prepares a request.
     *
     * @throws ErrnoException EINVAL: a length is wrong. ENODEV, EOPNOTSUPP: the node does not allow it
     */
    public CcaRequest(ZcryptModule zcrypt, AccessRights rights, Block block) throws ErrnoException {
        this.rights = rights;
        this.block = block;
        this.namesQueueDomain = zcrypt.namesQueueDomain();
        requireLengths(zcrypt, block.control.length, block.data.length, Integer.toUnsignedLong(block.controlRoom),
                Integer.toUnsignedLong(block.dataRoom));
        int padded = (int) padded(block.control.length);
        length = Type6Header.LENGTH + padded + block.data.length;
        // Differs from Linux: behind a control block that is too short for a CPRB are zeros, not what lay there before.
        message = new byte[Math.max(length, Type6Header.LENGTH + Cprbx.LENGTH)];
        System.arraycopy(block.control, 0, message, Type6Header.LENGTH, block.control.length);
        System.arraycopy(block.data, 0, message, Type6Header.LENGTH + padded, block.data.length);
        Cprbx cprb = Cprbx.at(message, Type6Header.LENGTH);
        if (cprb.lengthBytes() + 2 > (zcrypt.checksRequests() ? padded : block.control.length)) {
            throw new ErrnoException(Errno.EINVAL,
                    "no function code behind a CPRB of " + cprb.lengthBytes() + " bytes");
        }
        int at = Type6Header.LENGTH + cprb.lengthBytes();
        functionCode = (message[at] & 0xff) << 8 | message[at + 1] & 0xff;
        verb = FunctionCode.text(functionCode);
        Type6Header header = Type6Header.init(message, block.agent, functionCode)
                .toCardLength(1, block.control.length);
        if (block.data.length > 0) {
            header.offset2(Type6Header.LENGTH + padded).toCardLength(2, block.data.length);
        }
        purpose = FunctionCode.isCcaAdmin(cprb.identifier())
                ? Purpose.ADMINISTRATION
                : cprb.identifier() == FunctionCode.CPRB_CCA_USAGE ? Purpose.USAGE : Purpose.UNKNOWN;
        if (cprb.domain() < ApMask.BITS) {
            rights.requireAllowed(cprb.domain(), purpose);
        }
        ApBus bus = zcrypt.bus();
        domain = bus != null && isControlOnly(bus, cprb.domain()) ? Cprbx.ANY_DOMAIN : cprb.domain();
    }

    /**
     * Checks lengths before anything is looked at.
     *
     * @throws ErrnoException EINVAL: longer than any card takes, or, where the kernel checks that, too short for a CPRB
     */
    static void requireLengths(ZcryptModule zcrypt, long control, long data, long controlRoom, long dataRoom)
            throws ErrnoException {
        ApBus bus = zcrypt.bus();
        long length = Type6Header.LENGTH + padded(control) + data;
        long room = padded(controlRoom) + dataRoom;
        boolean tooShort = zcrypt.checksRequests() && (control < Cprbx.LENGTH || controlRoom < Cprbx.LENGTH);
        if (tooShort || bus != null && length > bus.maxMessageBytes() || length > Integer.MAX_VALUE
                || room > 0xffff_ffffL) {
            throw new ErrnoException(Errno.EINVAL, "control block of " + control + " bytes, data of " + data
                    + ", room for " + controlRoom + " and " + dataRoom);
        }
    }

    private static long padded(long length) {
        return length + 3 & ~3L;
    }

    /** A domain that the system may control but not use: any queue will do. */
    private static boolean isControlOnly(ApBus bus, int domain) {
        ApConfigInfo info = bus.configInfo();
        return info != ApConfigInfo.NONE && domain <= bus.maxDomainId() && domain < ApMask.BITS
                && !info.aqm().contains(domain) && info.adm().contains(domain);
    }

    /** Returns CPRB and parameters of the reply, empty if there is none. */
    public byte[] replyControl() {
        return replyControl;
    }

    /** Returns the data of the reply. */
    public byte[] replyData() {
        return replyData;
    }

    /** Returns the status word of the structure: 0, or what a card that refused meant. */
    int status() {
        return status;
    }

    @Override
    public ZcryptTrace.Kind kind() {
        return ZcryptTrace.Kind.ZSECSENDCPRB;
    }

    @Override
    public int functionCode() {
        return functionCode;
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return card.isCca() && (block.adapter == ANY_ADAPTER || block.adapter == card.card().apid())
                && length <= card.card().maxMessageBytes();
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        int apqi = queue.queue().apqn().apqi();
        return (domain == Cprbx.ANY_DOMAIN || domain == apqi) && rights.allows(queue.queue().apqn().apid(), apqi);
    }

    @Override
    public int weight(ZcryptCard card) {
        return RequestWeight.ofCca(verb) * card.model().speed(Operation.SECURE_KEY);
    }

    @Override
    public boolean mayBeRepeated() {
        return purpose != Purpose.ADMINISTRATION;
    }

    @Override
    public ApMessage message(ZcryptQueue queue) throws ErrnoException {
        byte[] sent = message.clone();
        long most = queue.queue().card().maxMessageBytes() - Type86Header.LENGTH;
        long dataRoom = Math.min(Integer.toUnsignedLong(block.dataRoom), most);
        long controlRoom = Math.min(Integer.toUnsignedLong(block.controlRoom), most - dataRoom);
        Type6Header.at(sent).fromCardLength(1, (int) controlRoom).fromCardLength(2, (int) dataRoom);
        Cprbx cprb = Cprbx.at(sent, Type6Header.LENGTH);
        if (namesQueueDomain || cprb.domain() == Cprbx.ANY_DOMAIN) {
            cprb.domain(queue.queue().apqn().apqi());
        }
        return new ApMessage(Arrays.copyOf(sent, length), verb.equals("US") || verb.equals("AU"));
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        status = INVALID_PARAMETER;
        int type = ZcryptReply.type(reply);
        if (type == Type86Header.TYPE && reply[ErrorReply.CODE_OFFSET] != 0) {
            status = reply.length < Type86Header.LENGTH ? 0 : Type86Header.at(reply).apfs();
        }
        Type86Header header = ZcryptReply.Kind.CCA.answer(queue, reply);
        status = 0;
        if (Integer.compareUnsigned(block.controlRoom, header.count1()) < 0) {
            throw new ErrnoException(Errno.EMSGSIZE, "reply of " + header.count1() + " bytes");
        }
        replyControl = Arrays.copyOfRange(reply, header.offset1(), header.offset1() + header.count1());
        if (Integer.compareUnsigned(block.dataRoom, header.count2()) < 0) {
            throw new ErrnoException(Errno.EMSGSIZE, "data of " + header.count2() + " bytes");
        }
        replyData = header.count2() == 0
                ? NOTHING
                : Arrays.copyOfRange(reply, header.offset2(), header.offset2() + header.count2());
    }
}

package org.apvirt.ap;

import java.util.Arrays;

import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * Asks one EP11 card about its module or a domain. Source: Linux {@code zcrypt_ep11misc.c}, {@code ep11_query_info}.
 */
final class Ep11Query implements ZcryptDispatch.Request {
    /** Any domain of the card. */
    static final int ANY_DOMAIN = 0xffff;
    private static final int REPLY_ROOM = 3 * 1024;

    private final int apid;
    private final int apqi;
    private final int queryType;
    private byte[] data = {};

    private Ep11Query(int apid, int apqi, int queryType) {
        this.apid = apid;
        this.apqi = apqi;
        this.queryType = queryType;
    }

    /**
     * Asks about the module.
     *
     * @throws ErrnoException no queue can be asked, or the card refused
     */
    static Ep11CardInfo card(ZcryptModule zcrypt, int apid) throws ErrnoException {
        return Ep11CardInfo.of(ask(zcrypt, new Ep11Query(apid, ANY_DOMAIN, Ep11Payload.QUERY_MODULE)));
    }

    /**
     * Asks about a domain.
     *
     * @throws ErrnoException no queue can be asked, or the card refused
     */
    static Ep11DomainInfo domain(ZcryptModule zcrypt, int apid, int apqi) throws ErrnoException {
        return Ep11DomainInfo.of(ask(zcrypt, new Ep11Query(apid, apqi, Ep11Payload.QUERY_DOMAIN)));
    }

    private static byte[] ask(ZcryptModule zcrypt, Ep11Query query) throws ErrnoException {
        zcrypt.dispatch().send(query);
        return query.data;
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return card.card().apid() == apid && card.isEp11();
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        return apqi == ANY_DOMAIN || queue.queue().apqn().apqi() == apqi;
    }

    @Override
    public int weight(ZcryptCard card) {
        return 10 * card.model().speed(ZcryptModel.Operation.SECURE_KEY);
    }

    @Override
    public ApMessage message(ZcryptQueue queue) {
        int domain = queue.queue().apqn().apqi();
        byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, domain).add(queryType).add(0).toBytes();
        int length = Ep11Cprb.LENGTH + payload.length;
        byte[] message = new byte[Type6Header.LENGTH + length];
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1, length).fromCardLength(1,
                REPLY_ROOM);
        Ep11Cprb.init(message, Type6Header.LENGTH).target(domain).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, message, Type6Header.LENGTH + Ep11Cprb.LENGTH, payload.length);
        return new ApMessage(message, false);
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        Type86Header header = ZcryptReply.type86(reply, Ep11Cprb.LENGTH);
        Ep11Cprb cprb = Ep11Cprb.at(reply, header.offset1());
        int from = header.offset1() + Ep11Cprb.LENGTH;
        int length = Math.min(Math.max(cprb.payloadLength(), 0), reply.length - from);
        Ep11Payload payload = Ep11Payload.parse(Arrays.copyOfRange(reply, from, from + length));
        if (cprb.version() != Ep11Cprb.VERSION || cprb.returnCode() != 0 || payload == null || payload.size() < 4
                || payload.word(2) != 0) {
            throw new ErrnoException(Errno.EIO, "EP11 query " + queryType + " ended with " + cprb.returnCode());
        }
        data = payload.field(3);
    }
}

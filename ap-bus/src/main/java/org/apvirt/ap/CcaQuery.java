package org.apvirt.ap;

import java.util.Arrays;

import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * Asks one CCA card a facility question, by a request as any other.
 * Source: Linux {@code zcrypt_ccamisc.c}, {@code cca_query_crypto_facility}.
 */
final class CcaQuery implements ZcryptDispatch.Request {
    private static final int CPRB_BYTES = Cprbx.LENGTH + CcaFacilityQuery.REQUEST_LENGTH;

    private final int apid;
    private final int apqi;
    private final String keyword;
    private byte[] parameters = {};

    private CcaQuery(int apid, int apqi, String keyword) {
        this.apid = apid;
        this.apqi = apqi;
        this.keyword = keyword;
    }

    /**
     * Asks everything there is to know.
     *
     * @param apqi domain, or {@link Cprbx#ANY_DOMAIN}
     * @throws ErrnoException a query found no queue, or the card refused it
     */
    static CcaInfo fetch(ZcryptModule zcrypt, int apid, int apqi) throws ErrnoException {
        CcaQuery first = new CcaQuery(apid, apqi, CcaFacilityQuery.STATICSA);
        zcrypt.dispatch().send(first);
        CcaQuery second = new CcaQuery(apid, apqi, CcaFacilityQuery.STATICSB);
        zcrypt.dispatch().send(second);
        return CcaInfo.of(first.parameters, second.parameters);
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return card.card().apid() == apid && card.isCca();
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        return apqi == Cprbx.ANY_DOMAIN || queue.queue().apqn().apqi() == apqi;
    }

    @Override
    public int weight(ZcryptCard card) {
        return 10 * card.model().speed(ZcryptModel.Operation.SECURE_KEY);
    }

    @Override
    public ApMessage message(ZcryptQueue queue) {
        byte[] message = new byte[Type6Header.LENGTH + CPRB_BYTES];
        Type6Header.init(message, FunctionCode.AGENT_CCA, FunctionCode.FACILITY_QUERY).toCardLength(1, CPRB_BYTES)
                .fromCardLength(1, CPRB_BYTES);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE)
                .requestParameterLength(CcaFacilityQuery.REQUEST_LENGTH).replyRoom(CPRB_BYTES)
                .domain(queue.queue().apqn().apqi());
        System.arraycopy(CcaFacilityQuery.request(keyword), 0, message, Type6Header.LENGTH + Cprbx.LENGTH,
                CcaFacilityQuery.REQUEST_LENGTH);
        return new ApMessage(message, false);
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        Type86Header header = ZcryptReply.type86(reply, Cprbx.LENGTH);
        Cprbx cprb = Cprbx.at(reply, header.offset1());
        if (cprb.version() != Cprbx.VERSION || cprb.returnCode() != 0) {
            throw new ErrnoException(Errno.EIO, "facility query " + keyword + " ended with " + cprb.returnCode() + '/'
                    + cprb.reasonCode());
        }
        int from = header.offset1() + Cprbx.LENGTH;
        int length = Math.min(cprb.replyParameterLength(), reply.length - from);
        parameters = Arrays.copyOfRange(reply, from, from + Math.max(length, 0));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Arrays;

import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * Asks one CCA card a facility question, by a request as any other.
 * Source: Linux {@code zcrypt_ccamisc.c}, {@code cca_query_crypto_facility}.
 */
final class CcaQuery {
    private static final int CPRB_BYTES = Cprbx.LENGTH + CcaFacilityQuery.REQUEST_LENGTH;

    private CcaQuery() {}

    /**
     * Asks everything there is to know.
     *
     * @param apqi domain, or {@link Cprbx#ANY_DOMAIN}
     * @throws ErrnoException a query found no queue, or the card refused it
     */
    static CcaInfo fetch(ZcryptModule zcrypt, int apid, int apqi) throws ErrnoException {
        byte[] first = ask(zcrypt, apid, apqi, CcaFacilityQuery.STATICSA);
        byte[] second = ask(zcrypt, apid, apqi, CcaFacilityQuery.STATICSB);
        return CcaInfo.of(first, second);
    }

    private static byte[] ask(ZcryptModule zcrypt, int apid, int apqi, String keyword) throws ErrnoException {
        byte[] control = new byte[CPRB_BYTES];
        Cprbx.init(control, 0, FunctionCode.CPRB_CCA_USAGE).domain(apqi)
                .requestParameterLength(CcaFacilityQuery.REQUEST_LENGTH).replyRoom(CPRB_BYTES);
        System.arraycopy(CcaFacilityQuery.request(keyword), 0, control, Cprbx.LENGTH, CcaFacilityQuery.REQUEST_LENGTH);
        CcaRequest request = new CcaRequest(zcrypt, AccessRights.ofHost(zcrypt.bus()),
                new CcaRequest.Block(FunctionCode.AGENT_CCA, apid, control, new byte[0], CPRB_BYTES, 0));
        zcrypt.dispatch().send(request);
        byte[] reply = request.replyControl();
        Cprbx cprb = Cprbx.at(reply, 0);
        if (cprb.returnCode() != 0) {
            throw new ErrnoException(Errno.EIO, "facility query " + keyword + " ended with " + cprb.returnCode() + '/'
                    + cprb.reasonCode());
        }
        int length = Math.min(cprb.replyParameterLength(), reply.length - Cprbx.LENGTH);
        return Arrays.copyOfRange(reply, Cprbx.LENGTH, Cprbx.LENGTH + Math.max(length, 0));
    }
}

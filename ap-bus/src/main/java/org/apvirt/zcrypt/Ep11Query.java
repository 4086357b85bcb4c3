// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * Asks one EP11 card about its module or a domain, by a request as any other.
 * Source: Linux {@code zcrypt_ep11misc.c}, {@code ep11_query_info}.
 */
final class Ep11Query {
    private static final int REPLY_ROOM = 3 * 1024;

    private Ep11Query() {}

    /**
     * Asks about the module.
     *
     * @throws ErrnoException no queue can be asked, or the card refused
     */
    static Ep11CardInfo card(ZcryptModule zcrypt, int apid) throws ErrnoException {
        return Ep11CardInfo.of(ask(zcrypt, apid, Ep11Request.Target.ANY, Ep11Payload.QUERY_MODULE));
    }

    /**
     * Asks about a domain.
     *
     * @throws ErrnoException no queue can be asked, or the card refused
     */
    static Ep11DomainInfo domain(ZcryptModule zcrypt, int apid, int apqi) throws ErrnoException {
        return Ep11DomainInfo.of(ask(zcrypt, apid, apqi, Ep11Payload.QUERY_DOMAIN));
    }

    private static byte[] ask(ZcryptModule zcrypt, int apid, int apqi, int queryType) throws ErrnoException {
        byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, apqi).add(queryType).add(0).toBytes();
        byte[] control = new byte[Ep11Cprb.LENGTH + payload.length];
        Ep11Cprb.init(control, 0).target(apqi).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, control, Ep11Cprb.LENGTH, payload.length);
        Ep11Request request = new Ep11Request(zcrypt, AccessRights.ofHost(zcrypt.bus()),
                List.of(new Ep11Request.Target(apid, apqi)), control, REPLY_ROOM);
        zcrypt.dispatch().send(request);
        byte[] reply = request.reply();
        Ep11Cprb cprb = Ep11Cprb.at(reply, 0);
        int length = Math.min(Math.max(cprb.payloadLength(), 0), reply.length - Ep11Cprb.LENGTH);
        Ep11Payload answer = Ep11Payload.parse(Arrays.copyOfRange(reply, Ep11Cprb.LENGTH, Ep11Cprb.LENGTH + length));
        if (cprb.returnCode() != 0 || answer == null || answer.size() < 4 || answer.word(2) != 0) {
            throw new ErrnoException(Errno.EIO, "EP11 query " + queryType + " ended with " + cprb.returnCode());
        }
        return answer.field(3);
    }
}

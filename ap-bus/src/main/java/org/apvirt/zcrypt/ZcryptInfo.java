// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apvirt.arch.msg.Cprbx;
import org.apvirt.device.ErrnoException;

/**
 * What cards have told of themselves. Some kernels remember the last answer and show it while a card or queue is
 * offline; others always ask.
 */
final class ZcryptInfo {
    private final ZcryptModule zcrypt;
    private final boolean remembers;
    private final Map<Integer, CcaInfo> cca = new ConcurrentHashMap<>(); // by adapter << 16 | domain
    private final Map<Integer, Ep11CardInfo> ep11 = new ConcurrentHashMap<>(); // by adapter

    ZcryptInfo(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
        this.remembers = zcrypt.kernel().has(ZcryptQuirk.REMEMBERS_CCA_INFO);
    }

    CcaInfo cca(ZcryptCard card) {
        return cca(card.card().apid(), Cprbx.ANY_DOMAIN, card.isOnline());
    }

    CcaInfo cca(ZcryptQueue queue) {
        return cca(queue.queue().apqn().apid(), queue.queue().apqn().apqi(), queue.isOnline());
    }

    private CcaInfo cca(int apid, int apqi, boolean online) {
        int key = apid << 16 | apqi;
        CcaInfo known = cca.get(key);
        if (known != null && !online) {
            return known;
        }
        try {
            CcaInfo info = CcaQuery.fetch(zcrypt, apid, apqi);
            if (remembers) {
                cca.put(key, info);
            }
            return info;
        } catch (ErrnoException e) {
            return CcaInfo.UNKNOWN; // the file has a form for that; nobody is refused
        }
    }

    Ep11CardInfo ep11(ZcryptCard card) {
        int apid = card.card().apid();
        Ep11CardInfo known = ep11.get(apid);
        if (known != null && !card.isOnline()) {
            return known;
        }
        try {
            Ep11CardInfo info = Ep11Query.card(zcrypt, apid);
            if (remembers) {
                ep11.put(apid, info);
            }
            return info;
        } catch (ErrnoException e) {
            return Ep11CardInfo.UNKNOWN;
        }
    }

    Ep11DomainInfo ep11(ZcryptQueue queue) {
        if (!queue.isOnline()) {
            return Ep11DomainInfo.UNKNOWN;
        }
        try {
            return Ep11Query.domain(zcrypt, queue.queue().apqn().apid(), queue.queue().apqn().apqi());
        } catch (ErrnoException e) {
            return Ep11DomainInfo.UNKNOWN;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** icainfo of libica 3.9: what of its functions the cards can do, in the column "dynamic". */
@Timeout(180)
class LibicaIT {
    @Test
    void findsFunctionsThatTheOnlineCardsHave() throws Exception {
        assertEquals("""
                both: RSA yes, ECDH yes
                accelerator: RSA yes, ECDH no
                none: RSA no, ECDH no
                coprocessor: RSA yes, ECDH yes
                deconfigured: RSA no, ECDH no
                """, says(LINUX_6_12, """
                dynamic() { sed -n "s/^ *$1 *| *\\\\([a-z]*\\\\) .*/\\\\1/p" /etc/info; }
                tell() { icainfo >/etc/info; echo "$1: RSA $(dynamic 'RSA ME'), ECDH $(dynamic ECDH)"; }
                tell both
                chzcrypt -d 5; tell accelerator
                chzcrypt -d 6; tell none
                chzcrypt -e 5; tell coprocessor
                chzcrypt --config-off 5; echo 1 >/sys/bus/ap/scans; tell deconfigured
                """));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Payload;

/**
 * Function 38: what the card tells about itself and the wrapping key of a domain.
 * Source: Linux {@code zcrypt_ep11misc.c}, {@code struct ep11_module_query_info}, {@code struct ep11_domain_query_info}.
 */
final class Ep11Queries {
    private static final int MODULE_LENGTH = 196;
    private static final int DOMAIN_LENGTH = 80;
    private static final int KEY_VALID = 0x02; // domain flags
    private static final int NEXT_KEY_PRESENT = 0x04;
    private static final int NEXT_KEY_COMMITTED = 0x08;
    private static final int LEFT_IMPRINT_MODE = 0x10;

    private Ep11Queries() {}

    static Ep11Payload answer(Ep11Engine.Request request, Ep11Identity identity) {
        return switch (request.asked().word(2)) {
            case Ep11Payload.QUERY_MODULE -> request.answer(module(identity, request.addressee()));
            case Ep11Payload.QUERY_DOMAIN -> request.answer(domain(identity, request.domain()));
            default -> request.refuse(Ep11Return.FUNCTION_NOT_SUPPORTED);
        };
    }

    /**
     * <pre>
     *  0 API ordinal (4)   4 firmware id (4)   8 firmware version (2)   10 service provider version (2)
     *  12 firmware identifiers (3 * 32)   108 serial (16)   124 date and time (16)   140 operation mode (8)
     *  148 twelve words of limits, the third of which is the number of domains
     * </pre>
     */
    private static byte[] module(Ep11Identity identity, MessageEngine.Addressee addressee) {
        ByteBuffer info = ByteBuffer.allocate(MODULE_LENGTH);
        info.putInt(0, identity.apiOrdinal());
        info.put(8, (byte) identity.firmwareMajor()).put(9, (byte) identity.firmwareMinor());
        info.put(108, String.format("%-16s", identity.serial()).getBytes(StandardCharsets.US_ASCII));
        info.put(124, "0000000000000000".getBytes(StandardCharsets.US_ASCII));
        info.putLong(140, identity.operationMode());
        info.putInt(156, addressee.machine().spec().highestDomain() + 1);
        return info.array();
    }

    /**
     * <pre>
     *  0 domain (4)   4 current wrapping key (32)   36 new wrapping key (32)   68 flags (4)   72 operation mode (8)
     * </pre>
     */
    private static byte[] domain(Ep11Identity identity, CryptoDomain domain) {
        WrappingKey key = domain.keys().ep11();
        int flags = (key.leftImprintMode() ? LEFT_IMPRINT_MODE : 0) | (key.current().isFull() ? KEY_VALID : 0)
                | (key.next().isFull() ? NEXT_KEY_PRESENT : 0)
                | (key.next().isFull() && key.committed() ? NEXT_KEY_COMMITTED : 0);
        return ByteBuffer.allocate(DOMAIN_LENGTH).putInt(0, domain.apqn().apqi()).put(4, key.current().pattern())
                .put(36, key.next().pattern()).putInt(68, flags).putLong(72, identity.operationMode()).array();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;

/**
 * The request for random bytes of a CCA coprocessor: verb RL. Source: Linux {@code zcrypt_msgtype6.c},
 * {@code rng_type6cprb_msgx}.
 */
public final class RandomRequest {
    /** Bytes that a card gives at most. */
    public static final int BYTES = 4096;
    /** Length of the parameter block in bytes. */
    public static final int PARAMETERS = 16;

    private RandomRequest() {}

    /** Returns the control block with its parameters. */
    public static byte[] control() {
        byte[] control = new byte[Cprbx.LENGTH + PARAMETERS];
        Cprbx.init(control, 0, FunctionCode.CPRB_CCA_USAGE).requestParameterLength(PARAMETERS)
                .replyRoom(control.length).replyDataRoom(BYTES).domain(Cprbx.ANY_DOMAIN);
        ByteBuffer.wrap(control, Cprbx.LENGTH, PARAMETERS).putShort((short) FunctionCode.RANDOM).putShort((short) 10)
                .put("RANDOM  ".getBytes(StandardCharsets.US_ASCII)).putShort((short) 2).putShort((short) 2);
        return control;
    }

    /**
     * Returns a request that a program may send.
     *
     * @param adapter the card, or {@link CcaRequest#ANY_ADAPTER}
     */
    public static CcaRequest.Block block(int adapter) {
        byte[] control = control();
        return new CcaRequest.Block(FunctionCode.AGENT_CCA, adapter, control, new byte[0], control.length, BYTES);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A command that changes a master key of a domain. <strong>Not IBM's:</strong> how real cards are told to do that (CSNBMKP,
 * TKE) is not public, so this message is apvirt's own. A simulated card takes it if its machine is told to; a real one
 * knows nothing of it.
 *
 * <p>It travels in a CPRBX with the identifier T3, as administration does:
 * <pre>
 *   0  AV
 *   2  18
 *   4  operation: FIRST, MIDDLE, LAST, RANDOM, SET, CLEAR, CLR-OLD, ZEROIZE    (the keywords of CCA's Master Key Process)
 *  12  master key: SYM, ASYM, AES, APKA; ALL with ZEROIZE
 *  20  4 + bytes of the key part
 *  22  domain that the command is for
 *  24  key part
 * </pre>
 * The domain is here because kernels overwrite the one in the CPRBX. The reply's block has no rules and no data.
 *
 * @param operation keyword of the operation
 * @param set keyword of the master key
 * @param domain the domain that it is for
 * @param part the key part, empty for operations without one
 */
public record MasterKeyCommand(String operation, String set, int domain, byte[] part) {
    /** Function code: AV. */
    public static final int FUNCTION = 0x4156;
    /** CPRB identifier: T3. */
    public static final int CPRB = 0x5433;
    /** Operation: all keys of the domain are erased. */
    public static final String ZEROIZE = "ZEROIZE";
    /** Master key of {@link #ZEROIZE}. */
    public static final String ALL = "ALL";

    private static final int RULES = 2;
    private static final int DOMAIN_OFFSET = 22;

    /** Returns the bytes of the parameter block. */
    public byte[] toBytes() {
        byte[] variable = ByteBuffer.allocate(2 + part.length).putShort((short) domain).put(part).array();
        return new CcaParameters(FUNCTION, List.of(operation, set), variable, List.of()).toBytesWithoutKeys();
    }

    /** Returns the parameter block of a reply. */
    public static byte[] reply() {
        return new CcaParameters(FUNCTION, List.of(), new byte[0], List.of()).toBytesWithoutKeys();
    }

    /** Reads a block; null if it is malformed. */
    public static @Nullable MasterKeyCommand parse(CcaParameters block) {
        return block.rules().size() != RULES || block.variable().length < 2
                ? null
                : new MasterKeyCommand(block.rules().get(0), block.rules().get(1),
                        ByteBuffer.wrap(block.variable()).getShort() & 0xffff,
                        Arrays.copyOfRange(block.variable(), 2, block.variable().length));
    }

    /** Returns the domain that a block is for, without looking at the rest; -1 if it is too short to name one. */
    public static int domain(byte[] message, int offset, int length) {
        return length < DOMAIN_OFFSET + 2
                ? -1
                : (message[offset + DOMAIN_OFFSET] & 0xff) << 8 | message[offset + DOMAIN_OFFSET + 1] & 0xff;
    }

    @Override
    public String toString() { // never the part
        return operation + " " + set + " for domain " + domain;
    }
}

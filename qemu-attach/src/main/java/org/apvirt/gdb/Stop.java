// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.util.HexFormat;

/**
 * Why the guest stopped.
 *
 * @param kind what stopped it
 * @param thread the CPU, as the stub names it; empty if it did not say
 * @param address the watched address, for {@link Kind#WATCHPOINT}
 */
record Stop(Kind kind, String thread, long address) {
    /** Kinds of stops. */
    enum Kind {
        /** Somebody asked for it: the byte 0x03. */
        ASKED,
        /** A byte was read that is watched. */
        WATCHPOINT,
        /** A breakpoint, or the end of a step. */
        TRAP,
        /** The guest has ended. */
        ENDED
    }

    /**
     * Reads a stop reply.
     *
     * @throws RspException if it is none
     */
    static Stop parse(String packet) throws RspException {
        if (packet.startsWith("W") || packet.startsWith("X")) {
            return new Stop(Kind.ENDED, "", 0);
        }
        if (!packet.startsWith("T") && !packet.startsWith("S") || packet.length() < 3) {
            throw new RspException("not a stop: '" + packet + "'");
        }
        String thread = "";
        long address = 0;
        Kind kind = packet.startsWith("02", 1) ? Kind.ASKED : Kind.TRAP;
        for (String field : packet.substring(3).split(";")) {
            int colon = field.indexOf(':');
            String key = colon < 0 ? field : field.substring(0, colon);
            String value = colon < 0 ? "" : field.substring(colon + 1);
            if (key.equals("thread")) {
                thread = value;
            } else if (key.equals("rwatch") || key.equals("awatch") || key.equals("watch")) {
                kind = Kind.WATCHPOINT;
                try {
                    address = HexFormat.fromHexDigitsToLong(value);
                } catch (IllegalArgumentException e) {
                    throw new RspException("not an address in a stop: '" + packet + "'");
                }
            }
        }
        return new Stop(kind, thread, address);
    }
}

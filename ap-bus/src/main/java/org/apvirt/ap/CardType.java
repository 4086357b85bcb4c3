// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Kernel;

/**
 * What TAPQ tells of a card, as a kernel of some release takes it, and the type that its drivers are to see.
 * Source: Linux {@code ap_bus.c}, {@code ap_get_compatible_type}.
 */
final class CardType {
    /** The parts of TAPQ's information that describe the card: all but the bind state and reserved bits. */
    private static final long CARD_INFO = 0xffff_0000_ffff_0f0fL;
    /** The fifth bit of the depth. */
    private static final long DEPTH_BIT = 0x10;
    /** Newest type known, CEX8. */
    private static final int NEWEST_TYPE = 14;
    /** Oldest type with drivers: CEX4, or CEX2 where old cards have drivers. */
    private static final int OLDEST_TYPE = 10;
    private static final int OLDEST_TYPE_EVER = 6;

    private final ApCommands commands;
    private final boolean oldCards;
    private final long mask;

    CardType(Kernel kernel, ApCommands commands) {
        this.commands = commands;
        this.oldCards = kernel.has(ApQuirk.OLD_CARDS);
        this.mask = kernel.has(ApQuirk.FIVE_BIT_DEPTH) ? CARD_INFO | DEPTH_BIT : CARD_INFO;
    }

    /** Returns what a queue's information says of its card. */
    ApHardwareInfo of(ApHardwareInfo queue) {
        return new ApHardwareInfo(withOldFunctions(queue.value() & mask));
    }

    /** CEX2 and CEX3 do not report their mode: it follows from the type. */
    private long withOldFunctions(long value) {
        if (!oldCards) {
            return value;
        }
        return switch (new ApHardwareInfo(value).type()) {
            case 6, 8 -> value | (long) ApHardwareInfo.ACCEL << 32;
            case 7, 9 -> value | (long) ApHardwareInfo.CCA << 32;
            default -> value;
        };
    }

    /** Returns the type that drivers are to see, 0 if there is none that they would know. */
    int compatible(Apqn apqn, ApHardwareInfo card, ApConfigInfo config) {
        int type = card.type();
        if (type < (oldCards ? OLDEST_TYPE_EVER : OLDEST_TYPE)) {
            return 0;
        }
        if (type <= NEWEST_TYPE) {
            return type;
        }
        if (!config.has(ApConfigInfo.QACT)) {
            return 0;
        }
        int status = commands.qact(apqn, card.functions(), NEWEST_TYPE);
        int compatible = commands.compatibleType();
        boolean usable = ApQueueStatus.responseCode(status) == 0 && compatible >= OLDEST_TYPE
                && compatible <= NEWEST_TYPE;
        return usable ? compatible : 0;
    }
}

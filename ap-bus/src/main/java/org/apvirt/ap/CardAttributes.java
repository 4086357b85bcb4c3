// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.function.ToIntFunction;

import org.apvirt.arch.ApFirmware;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.ScannedNumber;
import org.apvirt.device.SysfsAttribute;

/** The attributes that every card has. Source: Linux {@code ap_card.c}. */
final class CardAttributes {
    static final AttributeGroup<ApCard> ALL = AttributeGroup.of(
            SysfsAttribute.ro("hwtype", card -> card.type() + "\n"),
            SysfsAttribute.ro("raw_hwtype", card -> card.hardwareInfo().type() + "\n"),
            SysfsAttribute.ro("depth", card -> card.depth() + "\n"),
            SysfsAttribute.ro("ap_functions", card -> String.format("0x%08X\n", card.functions())),
            SysfsAttribute.rw("request_count", card -> card.requestCount.get() + "\n", CardAttributes::clearCounts),
            SysfsAttribute.ro("requestq_count", card -> sum(card, ApQueue::waitingCount)),
            SysfsAttribute.ro("pendingq_count", card -> sum(card, ApQueue::pendingCount)),
            SysfsAttribute.ro("modalias", card -> String.format("ap:t%02X\n", card.type())),
            SysfsAttribute.rw("config", card -> card.isConfigured() ? "1\n" : "0\n", CardAttributes::storeConfig),
            SysfsAttribute.ro("chkstop", card -> card.isCheckstopped() ? "1\n" : "0\n"),
            SysfsAttribute.ro("max_msg_size", card -> card.maxMessageBytes() + "\n"));

    private CardAttributes() {}

    private static void clearCounts(ApCard card, String text) {
        for (ApQueue queue : card.children()) {
            synchronized (queue) {
                queue.requestCount = 0;
            }
        }
        card.requestCount.set(0);
    }

    private static String sum(ApCard card, ToIntFunction<ApQueue> count) {
        return card.children().stream().filter(queue -> queue.active).mapToInt(count).sum() + "\n";
    }

    /**
     * Configures or deconfigures the adapter. Its queues follow at the next scan.
     *
     * @throws ErrnoException EINVAL: neither 0 nor 1. EOPNOTSUPP: the firmware cannot do that. EIO: it refused
     */
    private static void storeConfig(ApCard card, String text) throws ErrnoException {
        boolean wanted = ScannedNumber.flag(card.kernel(), text);
        if (wanted != card.isConfigured()) {
            ApFirmware.Answer answer = card.bus().firmware().configure(card.apid(), wanted);
            switch (answer) {
                case DONE -> {
                    // the state is noted below
                }
                case NOT_SUPPORTED -> throw new ErrnoException(Errno.EOPNOTSUPP,
                        "the firmware does not configure adapters");
                case IO_ERROR -> throw new ErrnoException(Errno.EIO, "the firmware refused adapter " + card.apid());
            }
        }
        card.configured(wanted);
        card.sendConfigUevent();
    }
}

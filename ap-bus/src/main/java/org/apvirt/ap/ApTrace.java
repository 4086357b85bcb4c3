// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.Locale;

import org.apvirt.arch.Apqn;
import org.apvirt.device.Kernel;
import org.apvirt.device.TraceEvent;
import org.apvirt.device.TraceEvent.Field;
import org.apvirt.device.Tracing;

/**
 * The trace points of the AP bus: each NQAP and DQAP that a queue's requests need, with what it answered. Source: Linux
 * {@code arch/s390/include/asm/trace/ap.h}.
 */
final class ApTrace {
    private static final List<Field> FIELDS = List.of(new Field("u16", "card", 2), new Field("u16", "dom", 2),
            new Field("u32", "status", 4), new Field("u64", "psmid", 8));
    private static final String FORMAT = "\"card=%u dom=%u status=0x%08x psmid=0x%016lx\", (unsigned short)REC->card, "
            + "(unsigned short)REC->dom, (unsigned int)REC->status, (unsigned long)REC->psmid";

    private final TraceEvent nqap;
    private final TraceEvent dqap;

    ApTrace(Kernel kernel) {
        Tracing tracing = Tracing.of(kernel);
        nqap = event(tracing, "s390_ap_nqap");
        dqap = event(tracing, "s390_ap_dqap");
        if (kernel.has(ApQuirk.TRACES_QUEUES)) {
            tracing.add(nqap);
            tracing.add(dqap);
        }
    }

    private static TraceEvent event(Tracing tracing, String name) {
        return new TraceEvent(tracing, "s390", name, FIELDS, TraceEvent.LOCKED, FORMAT,
                it -> String.format(Locale.ROOT, "card=%d dom=%d status=0x%08x psmid=0x%016x", it[0], it[1], it[2],
                        it[3]));
    }

    /** Tells of an NQAP. */
    void nqap(Apqn apqn, int status, long psmid) {
        trace(nqap, apqn, status, psmid);
    }

    /** Tells of a DQAP. */
    void dqap(Apqn apqn, int status, long psmid) {
        trace(dqap, apqn, status, psmid);
    }

    private static void trace(TraceEvent event, Apqn apqn, int status, long psmid) {
        if (event.isEnabled()) {
            event.trace(apqn.apid(), apqn.apqi(), Integer.toUnsignedLong(status), psmid);
        }
    }
}

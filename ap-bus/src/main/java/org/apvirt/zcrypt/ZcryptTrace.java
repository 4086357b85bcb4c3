// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.TraceEvent;
import org.apvirt.device.TraceEvent.Field;
import org.apvirt.device.Tracing;

/**
 * The trace points of module zcrypt: each try of a request, at its beginning and at its end. Both name it by the same
 * pointer, and so do all tries of one request. Source: Linux {@code arch/s390/include/asm/trace/zcrypt.h}.
 */
public final class ZcryptTrace {
    /** What a request is: the ioctl that it came by or would have come by. */
    enum Kind {
        ICARSAMODEXPO, ICARSACRT, ZSECSENDCPRB, ZSENDEP11CPRB, HWRNGCPRB
    }

    /** Prepares a request. */
    @FunctionalInterface
    interface Preparation<T> {
        /** Returns what was prepared. */
        T prepare() throws ErrnoException;
    }

    private static final String REQUEST_FORMAT = "\"ptr=%p type=%s\", REC->ptr, __print_symbolic(REC->type, "
            + "{ 0x0001, \"ICARSAMODEXPO\" }, { 0x0002, \"ICARSACRT\" }, { 0x0003, \"ZSECSENDCPRB\" }, "
            + "{ 0x0004, \"ZSENDEP11CPRB\" }, { 0x0005, \"HWRNGCPRB\" })";
    private static final String REPLY_FORMAT = "\"ptr=%p fc=0x%04x rc=%d dev=0x%02hx domain=0x%04hx\", REC->ptr, "
            + "(unsigned int) REC->fc, (int) REC->rc, (unsigned short) REC->device, (unsigned short) REC->domain";
    private static final String REPLY_FORMAT_PSMID = "\"ptr=%p fc=0x%04x rc=%d card=%u dom=%u psmid=0x%016lx\", REC->ptr, "
            + "(unsigned int)REC->fc, (int)REC->rc, (unsigned short)REC->card, (unsigned short)REC->dom, "
            + "(unsigned long)REC->psmid";
    private static final int SCATTER = 0x9e3779b1; // odd, so that no two pointers are shown alike

    private final Tracing tracing;
    private final TraceEvent request;
    private final TraceEvent reply;
    private final AtomicInteger requests = new AtomicInteger();

    ZcryptTrace(Kernel kernel) {
        tracing = Tracing.of(kernel);
        request = new TraceEvent(tracing, "s390", "s390_zcrypt_req",
                List.of(new Field("void *", "ptr", 8), new Field("u32", "type", 4)), TraceEvent.PROCESS, REQUEST_FORMAT,
                it -> pointer(it[0]) + " type=" + Kind.values()[(int) it[1] - 1]);
        reply = kernel.has(ApQuirk.TRACES_QUEUES)
                ? new TraceEvent(tracing, "s390", "s390_zcrypt_rep", replyFields("card", "dom", true),
                        TraceEvent.PROCESS, REPLY_FORMAT_PSMID,
                        it -> pointer(it[0]) + String.format(Locale.ROOT,
                                " fc=0x%04x rc=%d card=%d dom=%d psmid=0x%016x", it[1], it[2], it[3], it[4], it[5]))
                : new TraceEvent(tracing, "s390", "s390_zcrypt_rep", replyFields("device", "domain", false),
                        TraceEvent.PROCESS, REPLY_FORMAT,
                        it -> pointer(it[0]) + String.format(Locale.ROOT, " fc=0x%04x rc=%d dev=0x%02x domain=0x%04x",
                                it[1], it[2], it[3], it[4]));
    }

    private static List<Field> replyFields(String card, String domain, boolean psmid) {
        List<Field> fields = List.of(new Field("void *", "ptr", 8), new Field("u32", "fc", 4),
                new Field("u32", "rc", 4),
                new Field("u16", card, 2), new Field("u16", domain, 2), new Field("u64", "psmid", 8));
        return psmid ? fields : fields.subList(0, fields.size() - 1);
    }

    private static String pointer(long number) {
        return String.format(Locale.ROOT, "ptr=%016x", number);
    }

    void add() {
        tracing.add(reply);
        tracing.add(request);
    }

    void remove() {
        tracing.remove(request);
        tracing.remove(reply);
    }

    /** Returns what the next request is called by: as the kernel prints pointers, 32 bits of which nothing follows. */
    long nextPointer() {
        return Integer.toUnsignedLong(requests.incrementAndGet() * SCATTER);
    }

    /** Tells that a request, or another try of it, begins. */
    void begins(long pointer, Kind kind) {
        if (request.isEnabled()) {
            request.trace(pointer, kind.ordinal() + 1);
        }
    }

    /**
     * Tells how a try ended.
     *
     * @param functionCode 0 if the request was refused before it was looked at
     * @param result 0 or above: it succeeded; else an error number, negated
     * @param qid the queue that it was sent to, 0: none
     * @param psmid what the queue calls it, 0: it was not sent
     */
    void ends(long pointer, int functionCode, int result, int qid, long psmid) {
        if (reply.isEnabled()) {
            reply.trace(pointer, functionCode, result, qid >> 8, qid & 0xff, psmid);
        }
    }

    /**
     * Prepares a request, and tells if it is refused before a queue is looked for.
     *
     * @throws ErrnoException the preparation's
     */
    <T> T prepared(Kind kind, Preparation<T> preparation) throws ErrnoException {
        try {
            return preparation.prepare();
        } catch (ErrnoException e) {
            long pointer = nextPointer();
            begins(pointer, kind);
            ends(pointer, 0, -e.errno().number(), 0, 0);
            throw e;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * The events that a guest's channel subsystem has for its operating system, as far as AP makes them: "the AP
 * configuration changed". The guest hears of a channel report and then asks with CHSC (store event information) until
 * there is no more.
 * <pre>
 *  offset  length  response to store event information, an event
 *  0            2  length: 12
 *  2            2  response code: 1
 *  4            3  reserved
 *  7            1  notification type: 0
 *  8            1  flags: 0x80 if there are more events
 *  9            1  reserved
 *  10           1  reporting source: 5 (AP)
 *  11           1  content code: 3 (AP configuration changed)
 * </pre>
 * Source: QEMU {@code hw/vfio/ap.c}, {@code hw/s390x/css.c}, {@code target/s390x/ioinst.c}. Thread-safe.
 */
public final class ChannelSubsystem {
    private static final int EVENT_LENGTH = 12;
    private static final int NO_EVENT_LENGTH = 8;
    private static final short RESPONSE_OK = 1;
    private static final short RESPONSE_NO_EVENT = 5;
    private static final byte MORE_EVENTS = (byte) 0x80;
    private static final byte SOURCE_AP = 5;
    private static final byte CONTENT_AP_CONFIGURATION = 3;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    @GuardedBy("this")
    private int events;
    @GuardedBy("this")
    private boolean reportPending;

    /** No events. */
    ChannelSubsystem() {}

    /** Runs something at each channel report (machine check), until the returned handle is closed. */
    public AutoCloseable onReport(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Queues an event. A report is made unless the guest has one and did not yet take the last event after it. */
    void apConfigurationChanged() {
        boolean report;
        synchronized (this) {
            events++;
            report = !reportPending;
            reportPending = true;
        }
        if (report) {
            listeners.forEach(Runnable::run);
        }
    }

    /**
     * Answers CHSC store event information: the first event, which is then gone, or that there is none. Only the last event
     * ends the report: a guest that is still reading needs no other one.
     */
    public synchronized byte[] storeEventInformation() {
        if (events == 0) {
            return ByteBuffer.allocate(NO_EVENT_LENGTH).putShort((short) NO_EVENT_LENGTH).putShort(RESPONSE_NO_EVENT)
                    .array();
        }
        events--;
        reportPending = events > 0;
        ByteBuffer block = ByteBuffer.allocate(EVENT_LENGTH).putShort((short) EVENT_LENGTH).putShort(RESPONSE_OK);
        return block.put(8, events > 0 ? MORE_EVENTS : 0).put(10, SOURCE_AP).put(11, CONTENT_AP_CONFIGURATION).array();
    }

    /** A machine reset throws a pending report away. The events stay: the guest reads them after the next report. */
    synchronized void reset() {
        reportPending = false;
    }

    /**
     * Plays the guest's side of the events: at each report the events are read to the last, and something is done for
     * each that says the AP configuration changed; a Linux guest scans its AP bus. Source: Linux
     * {@code drivers/s390/cio/chsc.c}, {@code chsc_process_crw}.
     *
     * @return a handle that ends it
     */
    public AutoCloseable connect(Runnable apConfigurationChanged) {
        return onReport(() -> {
            byte flags;
            do {
                byte[] response = storeEventInformation();
                if (response.length < EVENT_LENGTH) {
                    return;
                }
                flags = response[8];
                if (response[10] == SOURCE_AP && response[11] == CONTENT_AP_CONFIGURATION) {
                    apConfigurationChanged.run();
                }
            } while (flags == MORE_EVENTS);
        });
    }
}

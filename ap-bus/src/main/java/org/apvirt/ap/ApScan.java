// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Mutex;
import org.apvirt.arch.Time;
import org.apvirt.device.Driver;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Task;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The scan of the bus: asks the machine what it grants and makes the devices match.
 * Source: Linux {@code ap_bus.c}, {@code ap_scan_bus}, {@code ap_scan_adapter}, {@code ap_scan_domains}.
 */
final class ApScan {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final ApBus bus;
    private final ApCommands commands;
    private final CardType cardType;
    private final ReentrantLock mutex = new Mutex();
    private final AtomicLong scans = new AtomicLong();
    private volatile ApConfigInfo info;
    private volatile boolean lastChanged;
    private volatile int configTimeSeconds = 30;
    @GuardedBy("this")
    private Time.@Nullable Task timer;

    // What the last TAPQ of the scanning thread told
    private ApHardwareInfo hardwareInfo = new ApHardwareInfo(0);
    private boolean deconfigured;
    private boolean checkstopped;

    ApScan(ApBus bus, ApCommands commands) {
        this.bus = bus;
        this.commands = commands;
        this.cardType = new CardType(bus.kernel(), commands);
        ApConfigInfo first = commands.qci();
        // An answer without flags tells nothing, not even which adapters there are.
        this.info = first == null || first.flags() == 0 ? ApConfigInfo.NONE : first;
    }

    ApConfigInfo configInfo() {
        return info;
    }

    /** Returns the number of completed scans. */
    long scans() {
        return scans.get();
    }

    int configTimeSeconds() {
        return configTimeSeconds;
    }

    /** Sets the time between two scans and starts it anew. */
    void configTimeSeconds(int seconds) {
        configTimeSeconds = seconds;
        startTimer();
    }

    private synchronized void startTimer() {
        if (timer != null) {
            timer.cancel();
        }
        timer = bus.time().schedule(configTimeSeconds * NANOS_PER_SECOND, this::run);
    }

    /**
     * Scans, or waits for the scan that runs. Who waits and gets a signal goes on without: that the scan has not ended is told
     * to nobody, as in the kernel.
     */
    boolean run() {
        if (mutex.isHeldByCurrentThread()) {
            return false; // asked for by a scan itself
        }
        if (!mutex.tryLock()) {
            try {
                if (bus.kernel().has(ApQuirk.SCAN_WAIT_IS_KILLABLE)) {
                    Task.lockKillably(mutex);
                } else {
                    Task.lockInterruptibly(mutex);
                }
            } catch (ErrnoException e) {
                return false;
            }
            try {
                return lastChanged;
            } finally {
                mutex.unlock();
            }
        }
        try {
            lastChanged = scan();
            return lastChanged;
        } finally {
            mutex.unlock();
        }
    }

    private boolean scan() {
        ApConfigInfo before = info;
        boolean changed = queryConfiguration();
        if (changed) {
            for (Driver<ApDevice> driver : bus.drivers()) {
                ((ApDriver) driver).onConfigChanged(info, before);
            }
        }
        selectDefaultDomain();
        for (int apid = 0; apid <= bus.maxAdapterId(); apid++) {
            scanAdapter(apid);
        }
        if (changed) {
            for (Driver<ApDevice> driver : bus.drivers()) {
                ((ApDriver) driver).onScanComplete(info, before);
            }
        }
        boolean first = scans.incrementAndGet() == 1;
        if (first) {
            bus.root().uevent("change", "INITSCAN=done");
        }
        if (first || !bus.kernel().has(ApQuirk.BINDING_TELLS_COMPLETION)) {
            bus.bindings().check();
        }
        startTimer();
        return changed;
    }

    private boolean queryConfiguration() {
        ApConfigInfo before = info;
        if (before == ApConfigInfo.NONE) {
            return false;
        }
        ApConfigInfo now = commands.qci();
        if (now == null || now.equals(before)) {
            return false;
        }
        info = now;
        if (!now.apm().minus(before.apm()).isEmpty() || !now.aqm().minus(before.aqm()).isEmpty()) {
            bus.bindings().rearm();
        }
        return true;
    }

    // Configuration

    private boolean isConfiguredAdapter(int apid) {
        return info == ApConfigInfo.NONE || info.apm().contains(apid);
    }

    private boolean isConfiguredDomain(int apqi) {
        return info == ApConfigInfo.NONE || info.aqm().contains(apqi);
    }

    /** Chooses the first domain that the host keeps and in which an adapter that it keeps answers. */
    private void selectDefaultDomain() {
        if (bus.defaultDomain() >= 0) {
            return;
        }
        ApMask apmask = bus.permissions().apmask();
        ApMask aqmask = bus.permissions().aqmask();
        for (int apqi = 0; apqi <= bus.maxDomainId(); apqi++) {
            if (!isConfiguredDomain(apqi) || !aqmask.contains(apqi)) {
                continue;
            }
            for (int apid = 0; apid <= bus.maxAdapterId(); apid++) {
                if (isConfiguredAdapter(apid) && apmask.contains(apid) && ApQueueStatus
                        .responseCode(commands.tapq(new Apqn(apid, apqi))) == ApResponseCode.NORMAL.code()) {
                    bus.defaultDomain(apqi);
                    return;
                }
            }
        }
    }

    /** Asks for a queue; tells whether it exists. */
    private boolean test(int apid, int apqi) {
        int status = commands.tapq(new Apqn(apid, apqi));
        long value = commands.hardwareInfo();
        deconfigured = false;
        checkstopped = false;
        switch (ApResponseCode.of(ApQueueStatus.responseCode(status))) {
            case NORMAL, RESET_IN_PROGRESS, BUSY -> {
                // it exists
            }
            case DECONFIGURED -> deconfigured = true;
            case CHECKSTOPPED -> checkstopped = true;
            default -> {
                if ((status & ApQueueStatus.ASYNC) == 0) {
                    return false;
                }
            }
        }
        if (value != hardwareInfo.value()) {
            hardwareInfo = new ApHardwareInfo(value);
        }
        return value != 0;
    }

    // Adapters

    private void scanAdapter(int apid) {
        ApCard card = bus.card(apid);
        int apqi = isConfiguredAdapter(apid) ? firstAnsweringDomain(apid) : -1;
        if (apqi < 0 || hardwareInfo.type() == 0) {
            if (card != null) {
                bus.removeCard(card);
            }
            return;
        }
        ApHardwareInfo cardInfo = cardType.of(hardwareInfo);
        if (card != null && (card.hardwareInfo().type() != cardInfo.type()
                || card.hardwareInfo().functions() != cardInfo.functions())) {
            bus.removeCard(card);
            card = null;
        }
        if (card != null) {
            card.checkstopped(checkstopped);
            if (card.isConfigured() == deconfigured) {
                card.configured(!deconfigured);
                card.sendConfigUevent();
            }
        } else {
            int type = cardType.compatible(new Apqn(apid, apqi), cardInfo, info);
            if (type == 0) {
                return;
            }
            card = new ApCard(bus, apid, cardInfo, type, !deconfigured, checkstopped);
            bus.addCard(card);
        }
        for (int domain = 0; domain <= bus.maxDomainId(); domain++) {
            scanQueue(card, domain);
        }
    }

    private int firstAnsweringDomain(int apid) {
        for (int apqi = 0; apqi <= bus.maxDomainId(); apqi++) {
            if (isConfiguredDomain(apqi) && test(apid, apqi)) {
                return apqi;
            }
        }
        return -1;
    }

    // Queues

    private void scanQueue(ApCard card, int apqi) {
        ApQueue queue = card.queue(apqi);
        if (!isConfiguredDomain(apqi) || !test(card.apid(), apqi)) {
            if (queue != null) {
                bus.removeQueue(queue);
            }
        } else if (queue == null) {
            boolean usable = !deconfigured && !checkstopped;
            queue = bus.addQueue(card, apqi, !deconfigured, checkstopped);
            if (usable && !bus.kernel().has(ApQuirk.DRIVER_STARTS_QUEUE)) {
                bus.stateMachine().init(queue);
            }
        } else {
            update(queue);
        }
    }

    /** Handles the first change that there is; a further one waits for the next scan. */
    private void update(ApQueue queue) {
        QueueStateMachine machine = bus.stateMachine();
        if (checkstopped && !queue.checkstopped) {
            queue.checkstopped = true;
            machine.fail(queue, ApResponseCode.CHECKSTOPPED);
            machine.flush(queue);
        } else if (!checkstopped && queue.checkstopped) {
            queue.checkstopped = false;
            machine.initAgain(queue);
        } else if (deconfigured && queue.configured) {
            queue.configured = false;
            machine.fail(queue, ApResponseCode.DECONFIGURED);
            queue.sendConfigUevent();
            machine.flush(queue);
        } else if (!deconfigured && !queue.configured) {
            queue.configured = true;
            machine.initAgain(queue);
            queue.sendConfigUevent();
        } else if (!deconfigured && machine.isInError(queue)) {
            machine.flush(queue);
            machine.init(queue);
        }
    }
}

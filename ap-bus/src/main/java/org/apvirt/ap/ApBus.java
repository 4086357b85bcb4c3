// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Mutex;
import org.apvirt.arch.Time;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Bus;
import org.apvirt.device.Device;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Driver;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The AP bus of one kernel: it finds the cards and queues that the machine grants and brings them together with
 * drivers. Start it with {@link #start}; {@link ApScan} finds devices, {@link ApPermissions} says whose they are,
 * {@link QueueStateMachine} works with queues.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_bus.c}.
 */
public final class ApBus extends Bus<ApDevice> {
    /** Highest numbers without APXA. */
    private static final int MAX_ADAPTER_ID = 63;
    private static final int MAX_DOMAIN_ID = 15;

    private final ApPlatform platform;
    private final ApCommands commands;
    private final ApPermissions permissions;
    private final ApPoller poller;
    private final QueueStateMachine stateMachine;
    private final ApScan scan;
    private final ApRoot root;
    private final ReentrantLock deviceLock = new Mutex();
    private final @Nullable ApCard[] cards = new @Nullable ApCard[ApMask.BITS];
    private final ApBindings bindings;
    private final int maxAdapterId;
    private final int maxDomainId;
    private final ApInterruption interruption;
    private final AttributeGroup<ApQueue> queueAttributes;
    private volatile int defaultDomain;
    private volatile int maxMessageBytes = ApCard.DEFAULT_MESSAGE_BYTES; // only scans write
    private int created; // queues ever created; only scans create

    @SuppressWarnings({"nullness:argument", "nullness:assignment"}) // the parts ask the bus nothing before it is complete
    private ApBus(Kernel kernel, ApPlatform platform, ApCommands commands, ApBusParameters parameters) {
        super(kernel, "ap");
        this.platform = platform;
        this.commands = commands;
        this.root = new ApRoot(this);
        this.bindings = new ApBindings(this);
        this.queueAttributes = QueueAttributes.of(kernel);
        boolean wrap = kernel.has(DeviceQuirk.NUMBERS_WRAP);
        this.permissions = new ApPermissions(this, ApBusParameters.mask(parameters.apmask(), wrap),
                ApBusParameters.mask(parameters.aqmask(), wrap));
        this.poller = new ApPoller(this, platform.time());
        this.stateMachine = new QueueStateMachine(this, commands, poller);
        this.scan = new ApScan(this, commands);
        ApConfigInfo info = scan.configInfo();
        boolean apxa = info.has(ApConfigInfo.APXA);
        this.maxAdapterId = apxa && info.na() != 0 ? info.na() : MAX_ADAPTER_ID;
        this.maxDomainId = apxa && info.nd() != 0 ? info.nd() : MAX_DOMAIN_ID;
        this.interruption = new ApInterruption(platform, parameters.useIrq() != 0, poller);
        this.defaultDomain = checkedDomain(parameters.domain());
    }

    /**
     * Initialises the bus and scans it for the first time.
     *
     * @return the bus; null if the AP instructions are not installed, which the log says
     */
    public static @Nullable ApBus start(Kernel kernel, ApPlatform platform, ApBusParameters parameters) {
        ApCommands commands = new ApCommands(platform.instructions(), platform.facilities());
        if (!commands.installed()) {
            kernel.log("ap: The hardware system does not support AP instructions");
            new ApModule(kernel, parameters, () -> parameters.domain()).load();
            return null;
        }
        ApBus bus = new ApBus(kernel, platform, commands, parameters);
        new ApModule(kernel, parameters, bus::defaultDomain).load();
        kernel.addBus(bus);
        kernel.addRootDevice(bus.root);
        bus.poller.thread(parameters.pollThread() != 0);
        bus.scan();
        platform.changeReports().register(bus::configurationReported);
        return bus;
    }

    private int checkedDomain(int domain) {
        boolean valid = domain >= -1 && domain <= maxDomainId
                && (domain < 0 || permissions.aqmask().contains(domain));
        if (!valid) {
            kernel().log("ap: " + domain + " is not a valid cryptographic domain");
        }
        return valid ? domain : -1;
    }

    // What others may ask

    /** Returns the AP instructions of the machine that the kernel runs on. */
    public ApCommands commands() {
        return commands;
    }

    /** Returns which queues the host keeps for itself. */
    public ApPermissions permissions() {
        return permissions;
    }

    /** Returns what the last scan found granted; {@link ApConfigInfo#NONE} if the machine cannot tell. */
    public ApConfigInfo configInfo() {
        return scan.configInfo();
    }

    /** Returns the highest adapter number that may exist here. */
    public int maxAdapterId() {
        return maxAdapterId;
    }

    /** Returns the highest domain number that may exist here. */
    public int maxDomainId() {
        return maxDomainId;
    }

    /** Returns the longest message that any card so far takes, in bytes. */
    public int maxMessageBytes() {
        return maxMessageBytes;
    }

    /** Returns the domain for requests that name none, -1 if there is none. */
    public int defaultDomain() {
        return defaultDomain;
    }

    void defaultDomain(int domain) {
        defaultDomain = domain;
    }

    /** Returns a card, null if there is none. */
    public @Nullable ApCard card(int apid) {
        return cards[apid];
    }

    /** Returns a queue, null if there is none. */
    public @Nullable ApQueue queue(Apqn apqn) {
        ApCard card = cards[apqn.apid()];
        return card == null ? null : card.queue(apqn.apqi());
    }

    /** Returns the root device, {@code /sys/devices/ap}. */
    public Device root() {
        return root;
    }

    /**
     * Scans the bus: devices are created, removed and changed to match what the machine grants. A caller that finds a
     * scan running waits for it and takes its result.
     *
     * @return whether the configuration had changed
     */
    public boolean scan() {
        return scan.run();
    }

    /** Returns the clock. */
    public Time time() {
        return platform.time();
    }

    // What the parts of the bus ask

    ApScan scanner() {
        return scan;
    }

    ApFirmware firmware() {
        return platform.firmware();
    }

    ApPoller poller() {
        return poller;
    }

    QueueStateMachine stateMachine() {
        return stateMachine;
    }

    ReentrantLock deviceLock() {
        return deviceLock;
    }

    /** Tells user space that a queue was bound or associated, where the kernel does. */
    void secureBindingEvent(ApQueue queue, String variable) {
        if (kernel().has(ApQuirk.SECURE_BINDING_EVENTS)) {
            queue.uevent("change", variable);
        }
    }

    /** Returns the attributes that every queue has. */
    AttributeGroup<ApQueue> queueAttributes() {
        return queueAttributes;
    }

    /** Tells whether this system is a Secure Execution guest. */
    public boolean isInSecureGuest() {
        return platform.isSecureGuest();
    }

    /** Tells whether queues must be bound to this system before they can be used. */
    boolean bindsQueues() {
        return isInSecureGuest() && configInfo().has(ApConfigInfo.APSB) && kernel().has(ApQuirk.SECURE_BINDING);
    }

    ApInterruption interruption() {
        return interruption;
    }

    /** Source: Linux {@code ap_bus_cfg_chg}, {@code ap_bus_force_rescan}. */
    private void configurationReported() {
        platform.time().schedule(0, scan::run); // not here: whoever reports does not wait for it
    }

    ApBindings bindings() {
        return bindings;
    }

    // Devices

    /** Creates a card and offers it to the drivers. */
    void addCard(ApCard card) {
        stateMachine.enlargeBuffer(card.maxMessageBytes());
        maxMessageBytes = Math.max(maxMessageBytes, card.maxMessageBytes());
        cards[card.apid()] = card;
        add(card);
    }

    /** Creates a queue and offers it to the drivers. */
    ApQueue addQueue(ApCard card, int apqi, boolean configured, boolean checkstopped) {
        ApQueue queue = new ApQueue(card, new Apqn(card.apid(), apqi), created++, configured, checkstopped);
        card.queue(apqi, queue);
        bindings.countQueue(1);
        add(queue);
        return queue;
    }

    void removeQueue(ApQueue queue) {
        remove(queue);
        bindings.countQueue(-1);
        queue.announceRemoval();
        queue.card().queue(queue.apqn().apqi(), null);
    }

    /** Removes a card: its queues first. */
    void removeCard(ApCard card) {
        card.queuesInOrderOfCreation().forEach(this::removeQueue);
        remove(card);
        card.announceRemoval();
        cards[card.apid()] = null;
    }

    @Override
    public @Nullable ApDevice device(String deviceName) {
        int apid = ApCard.apidOf(deviceName);
        if (apid >= 0) {
            return cards[apid];
        }
        Apqn apqn = Apqn.ofName(deviceName);
        return apqn == null ? null : queue(apqn);
    }

    /** Returns the cards that there are, by adapter number. */
    public Collection<ApCard> cards() {
        List<ApCard> list = new ArrayList<>();
        for (ApCard card : cards) {
            if (card != null) {
                list.add(card);
            }
        }
        return list;
    }

    // Binding

    @Override
    protected void probe(ApDevice device, Driver<ApDevice> driver, boolean byHand) throws ErrnoException {
        if (device instanceof ApQueue queue) {
            permissions.requireMayProbe(queue, (ApDriver) driver, byHand);
            bindings.rearm();
            queue.active = true;
            try {
                super.probe(device, driver, byHand);
            } catch (ErrnoException e) {
                queue.active = false;
                throw e;
            }
            bindings.countBound(1);
        } else {
            bindings.rearm();
            super.probe(device, driver, byHand);
        }
        bindings.tellBinding();
    }

    @Override
    protected void remove(ApDevice device, Driver<ApDevice> driver) {
        if (device instanceof ApQueue queue) {
            stateMachine.prepareRemove(queue);
            super.remove(device, driver);
            stateMachine.remove(queue);
            queue.active = false;
            bindings.countBound(-1);
        } else {
            super.remove(device, driver);
        }
    }

    @Override
    public void register(Driver<ApDevice> driver) {
        super.register(driver);
        if (!kernel().has(ApQuirk.BINDING_TELLS_COMPLETION)) {
            bindings.check();
        }
    }

    @Override
    protected boolean mayBeKept() {
        return true; // built into the kernel
    }

    @Override
    protected List<EntryGroup> groups() {
        return List.of(BusAttributes.of(kernel()).on(this));
    }
}

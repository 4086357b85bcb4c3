// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Device;
import org.apvirt.device.EntryGroup;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A card device: an adapter as this system sees it. Its queues are its children.
 * Source: Linux {@code drivers/s390/crypto/ap_card.c}.
 */
public final class ApCard extends ApDevice {
    /** Message size assumed of an adapter that does not report one, in bytes. */
    static final int DEFAULT_MESSAGE_BYTES = 12288;
    private static final int MESSAGE_UNIT = 4096;
    private static final String NAME = "card";
    private static final String DIGITS = "0123456789abcdef";

    private final ApBus bus;
    private final int apid;
    private final int type;
    private final ApHardwareInfo hardwareInfo;
    private final @Nullable ApQueue[] queues = new @Nullable ApQueue[ApMask.BITS];
    final AtomicLong requestCount = new AtomicLong();
    private volatile boolean configured;
    private volatile boolean checkstopped;

    ApCard(ApBus bus, int apid, ApHardwareInfo hardwareInfo, int type, boolean configured, boolean checkstopped) {
        super(bus, bus.root());
        this.bus = bus;
        this.apid = apid;
        this.hardwareInfo = hardwareInfo;
        this.type = type;
        this.configured = configured;
        this.checkstopped = checkstopped;
    }

    @Override
    public String name() {
        return NAME + HexFormat.of().toHexDigits((byte) apid);
    }

    @Override
    public ApBus bus() {
        return bus;
    }

    /** Returns the adapter number, 0..255. */
    public int apid() {
        return apid;
    }

    @Override
    public int type() {
        return type;
    }

    /** Returns what TAPQ told when the card appeared, less the parts that belong to one queue. */
    public ApHardwareInfo hardwareInfo() {
        return hardwareInfo;
    }

    @Override
    public int functions() {
        return hardwareInfo.functions();
    }

    /** Returns the number of requests that the kernel has a queue hold, 0..32. */
    int depth() {
        int lessOne = hardwareInfo.depth() - 1;
        if (!kernel().has(ApQuirk.FIVE_BIT_DEPTH)) {
            lessOne &= 0xf;
        }
        return kernel().has(ApQuirk.DEPTH_LESS_ONE) ? lessOne : lessOne + 1;
    }

    /** Returns the size of the largest message the adapter takes, in bytes. */
    public int maxMessageBytes() {
        int units = hardwareInfo.ml();
        int least = kernel().has(ApQuirk.SMALL_MESSAGES_UNREPORTED) ? 4 : 1;
        return units >= least ? units * MESSAGE_UNIT : DEFAULT_MESSAGE_BYTES;
    }

    @Override
    public boolean isConfigured() {
        return configured;
    }

    void configured(boolean now) {
        configured = now;
    }

    /** Tells whether the card is checkstopped. */
    public boolean isCheckstopped() {
        return checkstopped;
    }

    void checkstopped(boolean now) {
        checkstopped = now;
    }

    /** Returns a queue, null if there is none. */
    public @Nullable ApQueue queue(int apqi) {
        return queues[apqi];
    }

    void queue(int apqi, @Nullable ApQueue queue) {
        queues[apqi] = queue;
    }

    /** Returns the queues, in order of creation, which is the order of the bus's list. */
    List<ApQueue> queuesInOrderOfCreation() {
        List<ApQueue> list = new ArrayList<>(children());
        list.sort(Comparator.comparingInt(queue -> queue.creation));
        return list;
    }

    /** Returns the number of requests so far. */
    public long requestCount() {
        return requestCount.get();
    }

    /** Returns the adapter of a card's exact name, for example {@code card05}; -1 if it is no such name. */
    static int apidOf(String name) {
        if (name.length() != NAME.length() + 2 || !name.startsWith(NAME)) {
            return -1;
        }
        int high = DIGITS.indexOf(name.charAt(NAME.length()));
        int low = DIGITS.indexOf(name.charAt(NAME.length() + 1));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    @Override
    public void resumeCount(long requests) {
        requestCount.set(requests);
    }

    @Override
    protected String deviceType() {
        return "ap_card";
    }

    @Override
    protected void addUeventVariables(String action, List<String> variables) {
        HexFormat hex = HexFormat.of().withUpperCase();
        variables.add("DEV_TYPE=" + hex.toHexDigits((short) type));
        if (!action.equals("unbind")) {
            variables.add("MODALIAS=ap:t" + hex.toHexDigits((byte) type));
        }
        addMode(variables);
    }

    @Override
    protected List<EntryGroup> groups() {
        return List.of(CardAttributes.ALL.on(this));
    }

    @Override
    public Collection<ApQueue> children() {
        List<ApQueue> list = new ArrayList<>();
        for (ApQueue queue : queues) {
            if (queue != null) {
                list.add(queue);
            }
        }
        return list;
    }

    @Override
    protected @Nullable Device child(String childName) {
        if (childName.indexOf('.') < 0) {
            return null; // an attribute; no need to try it as a number
        }
        Apqn apqn = Apqn.ofName(childName);
        return apqn == null || apqn.apid() != apid ? null : queues[apqn.apqi()];
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApResponseCode;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a card is and which state it is in. Immutable; each method named for a property returns a changed copy.
 * Start with {@link #of(int, int, AdapterMode)}; {@link #functions(int)} gives a card function bits of its own.
 */
public final class AdapterSpec {
    /** Adapter types below this one and from CEX2A on do not report their mode. Source: Linux {@code ap_bus.c}. */
    private static final int CEX4 = 10;
    private static final int CEX2A = 6;
    /** Every adapter takes messages of this length. */
    static final int LEAST_MESSAGE_BYTES = 3 * 4096;
    private static final int MODE_BITS = ApHardwareInfo.CCA | ApHardwareInfo.ACCEL | ApHardwareInfo.EP11;

    // Written only while a copy is being made, before anybody else can see it.
    private final int apid;
    private int type;
    private AdapterMode mode;
    private @Nullable Integer functions; // null: those of the mode
    private int depth = 8;
    private int ml;
    private int nd = -1; // -1: that of the machine
    private int functionClass;
    private int bindState;
    private boolean configured = true;
    private boolean checkstopped;
    private boolean firmwareRefuses;
    private ApMask domains = ApMask.ALL;
    private long serviceNanos;
    private @Nullable CcaIdentity cca;
    private @Nullable Ep11Identity ep11;
    private Map<Integer, DomainKeys> keys = Map.of();
    private boolean recorded;

    private AdapterSpec(int apid, int type, AdapterMode mode) {
        this.apid = Objects.checkIndex(apid, ApMask.BITS);
        this.type = inRange("type", type, 0, 255);
        this.mode = mode;
        this.cca = CcaIdentity.of(String.format("00LY%04X", apid));
        this.ep11 = Ep11Identity.of(String.format("00LY%012X", apid));
    }

    private AdapterSpec(AdapterSpec from) {
        this.apid = from.apid;
        this.type = from.type;
        this.mode = from.mode;
        this.functions = from.functions;
        this.depth = from.depth;
        this.ml = from.ml;
        this.nd = from.nd;
        this.functionClass = from.functionClass;
        this.bindState = from.bindState;
        this.configured = from.configured;
        this.checkstopped = from.checkstopped;
        this.firmwareRefuses = from.firmwareRefuses;
        this.domains = from.domains;
        this.serviceNanos = from.serviceNanos;
        this.cca = from.cca;
        this.ep11 = from.ep11;
        this.keys = from.keys;
        this.recorded = from.recorded;
    }

    private static int inRange(String name, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(name + " " + value + " is not in " + lowest + ".." + highest);
        }
        return value;
    }

    private AdapterSpec with(Consumer<AdapterSpec> change) {
        AdapterSpec copy = new AdapterSpec(this);
        change.accept(copy);
        return copy;
    }

    /**
     * A configured card with a queue depth of 8.
     *
     * @param apid adapter number, 0..255
     * @param type adapter type, 6 = CEX2A ... 14 = CEX8, any other 0..255 too
     */
    public static AdapterSpec of(int apid, int type, AdapterMode mode) {
        return new AdapterSpec(apid, type, mode);
    }

    /** Returns the adapter number. */
    public int apid() {
        return apid;
    }

    /** Returns the adapter type, 0..255. */
    public int type() {
        return type;
    }

    /** Returns what the card computes. */
    public AdapterMode mode() {
        return mode;
    }

    /** Returns the queue depth in messages. */
    public int depth() {
        return depth;
    }

    /** Returns the length of the largest message in bytes. */
    public int maxMessageBytes() {
        return Math.max(ml * 4096, LEAST_MESSAGE_BYTES);
    }

    /** Tells whether the card is configured (online to the service processor). */
    public boolean configured() {
        return configured;
    }

    /** Tells whether the card is checkstopped. */
    public boolean checkstopped() {
        return checkstopped;
    }

    /** Tells whether the firmware refuses to configure or deconfigure the card. */
    public boolean firmwareRefuses() {
        return firmwareRefuses;
    }

    /** Returns the domains that the card has, of those of the machine. */
    public ApMask domains() {
        return domains;
    }

    /** Returns how long the card works on a request, in nanoseconds. */
    public long serviceNanos() {
        return serviceNanos;
    }

    /** Returns what the card tells about itself as a CCA coprocessor, null if it refuses all requests. */
    public @Nullable CcaIdentity cca() {
        return cca;
    }

    /** Returns what the card tells about itself as an EP11 coprocessor, null if it refuses all requests. */
    public @Nullable Ep11Identity ep11() {
        return ep11;
    }

    /**
     * Returns the function word, bits 0-31 of GR2 after TAPQ: a given one or that of the mode, with function class
     * and bind state. Firmware reports no mode for the types 6..9.
     */
    public int functions() {
        Integer given = functions;
        int base = given != null ? given : mode.functions();
        if (given == null && type >= CEX2A && type < CEX4) {
            base &= ~MODE_BITS;
        }
        return base | functionClass << 16 | bindState << 14;
    }

    /** Returns GR2 after TAPQ with the T bit, on a machine with this highest domain. */
    ApHardwareInfo hardwareInfo(int machineNd) {
        return ApHardwareInfo.of(functions(), type, nd < 0 ? machineNd : nd, ml, depth);
    }

    /** Returns the response code that the card's state causes: 0, DECONFIGURED or CHECKSTOPPED. */
    int responseCode() {
        if (!configured) {
            return ApResponseCode.DECONFIGURED.code();
        }
        return checkstopped ? ApResponseCode.CHECKSTOPPED.code() : 0;
    }

    /** With another type, 0..255. */
    public AdapterSpec type(int type) {
        return with(spec -> spec.type = inRange("type", type, 0, 255));
    }

    /** With another mode and the function word of that mode. */
    public AdapterSpec mode(AdapterMode mode) {
        return with(spec -> {
            spec.mode = mode;
            spec.functions = null;
        });
    }

    /** With a function word of its own; if it names exactly one mode, that is what the card computes. */
    public AdapterSpec functions(int functions) {
        return with(spec -> {
            spec.functions = functions;
            for (AdapterMode candidate : AdapterMode.values()) {
                spec.mode = (functions & MODE_BITS) == candidate.modeBit() ? candidate : spec.mode;
            }
        });
    }

    /** With another queue depth, 1..32 messages. */
    public AdapterSpec depth(int depth) {
        return with(spec -> spec.depth = inRange("depth", depth, 1, 32));
    }

    /** With another largest message, 0..15 units of 4096 bytes; all adapters take 3, 0 does not report any. */
    public AdapterSpec ml(int ml) {
        return with(spec -> spec.ml = inRange("ml", ml, 0, 15));
    }

    /** With a highest domain of its own, 0..255; else it is the machine's. */
    public AdapterSpec nd(int nd) {
        return with(spec -> spec.nd = inRange("nd", nd, 0, 255));
    }

    /** With a function class, 0..255: added to the function word as bits 8-15. */
    public AdapterSpec functionClass(int functionClass) {
        return with(spec -> spec.functionClass = inRange("class", functionClass, 0, 255));
    }

    /** With a bind state, 0..3: added to the function word as bits 16 and 17. */
    public AdapterSpec bindState(int bindState) {
        return with(spec -> spec.bindState = inRange("bind state", bindState, 0, 3));
    }

    /** Configured or deconfigured. */
    public AdapterSpec configured(boolean configured) {
        return with(spec -> spec.configured = configured);
    }

    /** Checkstopped or not. */
    public AdapterSpec checkstopped(boolean checkstopped) {
        return with(spec -> spec.checkstopped = checkstopped);
    }

    /** With a firmware that refuses to configure and deconfigure the card, or not. */
    public AdapterSpec firmwareRefuses(boolean refuses) {
        return with(spec -> spec.firmwareRefuses = refuses);
    }

    /** Restricted to these domains. */
    public AdapterSpec domains(ApMask domains) {
        return with(spec -> spec.domains = domains);
    }

    /** With a time that the card works on each request, one after the other within a queue; 0: no time at all. */
    public AdapterSpec serviceTime(Duration time) {
        return with(spec -> spec.serviceNanos = time.toNanos());
    }

    /** With what it tells about itself as a CCA coprocessor. */
    public AdapterSpec cca(CcaIdentity identity) {
        return with(spec -> spec.cca = identity);
    }

    /** With what it tells about itself as an EP11 coprocessor. */
    public AdapterSpec ep11(Ep11Identity identity) {
        return with(spec -> spec.ep11 = identity);
    }

    /** Returns how many characters its serial number has at most: an EP11 coprocessor tells 16, others 8. */
    public int longestSerial() {
        return mode == AdapterMode.EP11 ? 16 : 8;
    }

    /** Returns the serial number that it tells in its mode, null: it tells none. */
    public @Nullable String serial() {
        if (mode == AdapterMode.EP11) {
            return ep11 == null ? null : ep11.serial();
        }
        return cca == null ? null : cca.serial();
    }

    /**
     * With another serial number and no keys named by its identity.
     *
     * @throws IllegalArgumentException it is longer than {@link #longestSerial}
     */
    public AdapterSpec serial(String serial) {
        return with(spec -> {
            spec.ep11 = Ep11Identity.of(serial);
            spec.cca = mode == AdapterMode.EP11 && serial.length() > 8 ? spec.cca : CcaIdentity.of(serial);
        });
    }

    /** Returns the keys that domains hold when the card is plugged, by domain; others hold what the identities say. */
    public Map<Integer, DomainKeys> keys() {
        return keys;
    }

    /**
     * With keys that one of its domains holds when the card is plugged; {@link CryptoDomain} changes those of a
     * plugged one.
     *
     * @param domain 0..255
     */
    public AdapterSpec keys(int domain, DomainKeys held) {
        Map<Integer, DomainKeys> changed = new TreeMap<>(keys);
        changed.put(Objects.checkIndex(domain, ApMask.BITS), held);
        return with(spec -> spec.keys = Collections.unmodifiableMap(changed));
    }

    /** Tells whether it is a recorder's card. */
    boolean isRecorded() {
        return recorded;
    }

    /**
     * As the card of a recorder, which no command ever changed: it says that it has done whatever a CCA request other
     * than usage (T2) wants, and does nothing; and nobody asks which domains the sender controls.
     */
    public AdapterSpec asRecorded() {
        return with(spec -> spec.recorded = true);
    }

    /** Refusing every coprocessor request as malformed (82, code 22): the card of a recording. */
    public AdapterSpec withoutIdentity() {
        return with(spec -> {
            spec.cca = null;
            spec.ep11 = null;
        });
    }

    @Override
    public String toString() {
        return String.format("%02x type %d mode %c functions 0x%08x", apid, type, mode.letter(), functions());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Quirk;
import org.apvirt.vfio.VfioQuirk;
import org.apvirt.vfioap.VfioApQuirk;
import org.apvirt.zcrypt.ZcryptQuirk;

/**
 * Which kernel is played: one row of quirks for each layer. Code asks for a quirk and never for a constant, and levels
 * have no order.
 *
 * <p>{@code seed} is the 2018 specification: Linux 6.12 but for the quirks in which its rows differ.
 */
public enum Level {
    /** The system of the 2018 specification. */
    SEED("seed", DeviceQuirk.SEED, ApQuirk.SEED, ZcryptQuirk.SEED, VfioQuirk.SEED, VfioApQuirk.SEED),
    /** Linux 6.1. */
    LINUX_6_1("linux-6.1", DeviceQuirk.LINUX_6_1, ApQuirk.LINUX_6_1, ZcryptQuirk.LINUX_6_1, VfioQuirk.LINUX_6_1,
            VfioApQuirk.LINUX_6_1),
    /** Linux 6.12. */
    LINUX_6_12("linux-6.12", DeviceQuirk.LINUX_6_12, ApQuirk.LINUX_6_12, ZcryptQuirk.LINUX_6_12, VfioQuirk.LINUX_6_12,
            VfioApQuirk.LINUX_6_12),
    /** Linux 7.2. */
    LINUX_7_2("linux-7.2", DeviceQuirk.LINUX_7_2, ApQuirk.LINUX_7_2, ZcryptQuirk.LINUX_7_2, VfioQuirk.LINUX_7_2,
            VfioApQuirk.LINUX_7_2),
    /** Linux 7.3. */
    LINUX_7_3("linux-7.3", DeviceQuirk.LINUX_7_3, ApQuirk.LINUX_7_3, ZcryptQuirk.LINUX_7_3, VfioQuirk.LINUX_7_3,
            VfioApQuirk.LINUX_7_3),
    /** Linux 7.3 with live migration of vfio_ap as it was posted: not merged, and not to be relied on. */
    NEXT("next", DeviceQuirk.LINUX_7_3, ApQuirk.LINUX_7_3, ZcryptQuirk.LINUX_7_3, VfioQuirk.LINUX_7_3,
            VfioApQuirk.NEXT);

    private final String text;
    private final Set<Quirk> quirks;

    Level(String text, Set<DeviceQuirk> device, Set<ApQuirk> ap, Set<ZcryptQuirk> zcrypt, Set<VfioQuirk> vfio,
            Set<VfioApQuirk> vfioAp) {
        this.text = text;
        Set<Quirk> all = new HashSet<>();
        all.addAll(device);
        all.addAll(ap);
        all.addAll(zcrypt);
        all.addAll(vfio);
        all.addAll(vfioAp);
        this.quirks = Set.copyOf(all);
    }

    /** Returns what this kernel does differently from others, in all layers. */
    public Set<Quirk> quirks() {
        return quirks;
    }

    /** Tells whether this kernel has a quirk. */
    public boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }

    /**
     * Returns the level of a name, for example {@code linux-6.12}.
     *
     * @throws IllegalArgumentException if there is none, with the names there are
     */
    public static Level parse(String name) {
        for (Level level : values()) {
            if (level.text.equals(name)) {
                return level;
            }
        }
        String all = Arrays.stream(values()).map(Level::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException(
                "unknown level '" + name + "' (use " + all.replaceFirst(", (?=[^,]*$)", " or ") + ")");
    }

    @Override
    public String toString() {
        return text;
    }
}

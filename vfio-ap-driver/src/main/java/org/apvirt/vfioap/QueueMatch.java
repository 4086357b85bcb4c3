// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.Apqn;

/**
 * Whether a guest that had a queue can go on with the queue of the same number of another host.
 *
 * <p>It can if bits 0-17 (facilities, class, bind state) and the type are equal. Else it can if the facilities are equal, the
 * target is of the same type or a newer one, does not lack the full set of functions that the source has, and neither is for a Secure
 * Execution guest.
 *
 * <p>Differs from the posted code, which compares bits 0-31 as a whole although class and bind state are among them, so that its
 * own rules for these two never decide anything; the facilities are bits 0-7 here. The wording of the lines follows it where it is
 * known: APSC, type, bind state and class.
 *
 * <p>Source: as {@link MigrationData}.
 *
 * @param apqn the queue
 * @param source what its adapter was like
 * @param target what it is like here
 */
public record QueueMatch(Apqn apqn, ApHardwareInfo source, ApHardwareInfo target) {
    private static final long SAME = 0xffff_c000_ff00_0000L;
    private static final int FULL_FUNCTION = 0x0080_0000; // bit 8 of the function word

    /** A facility and what the log calls it. */
    private record Facility(int bit, String name) {}

    private static final List<Facility> FACILITIES = List.of(new Facility(ApHardwareInfo.APSC, "APSC facility"),
            new Facility(ApHardwareInfo.MEX4K, "4096-bit modular exponentiation"),
            new Facility(ApHardwareInfo.CRT4K, "4096-bit CRT"),
            new Facility(ApHardwareInfo.CCA, "Coprocessor mode"),
            new Facility(ApHardwareInfo.ACCEL, "Accelerator mode"),
            new Facility(ApHardwareInfo.EP11, "XCP mode"),
            new Facility(ApHardwareInfo.APXA, "APXA facility"),
            new Facility(ApHardwareInfo.SLCF, "SLCF facility"));

    /** Returns why it cannot go on, lines for the log; none: it can. */
    public List<String> problems() {
        List<String> lines = new ArrayList<>();
        if (((source.value() ^ target.value()) & SAME) == 0) {
            return lines;
        }
        for (Facility facility : FACILITIES) {
            boolean before = (source.functions() & facility.bit) != 0;
            boolean after = (target.functions() & facility.bit) != 0;
            if (before != after) {
                lines.add(facility.name + (before ? " installed" : " not installed") + " in source queue " + apqn);
                lines.add(facility.name + (after ? " installed" : " not installed") + " in target queue " + apqn);
            }
        }
        if (source.type() > target.type()) {
            lines.add(String.format(Locale.ROOT, "AP type of source (%02x) not compatible with target (%02x)",
                    source.type(), target.type()));
        }
        if (source.bindState() != 0 || target.bindState() != 0) {
            lines.add("Bind/associate state for source (" + source.bindState() + ") and target (" + target.bindState()
                    + ") queue " + apqn + " must be 0");
        }
        if ((source.functions() & FULL_FUNCTION) != 0 && (target.functions() & FULL_FUNCTION) == 0) {
            lines.add("Full native card function available on source queue " + apqn);
            lines.add("Full native card function not available on target queue " + apqn);
        }
        if (!lines.isEmpty()) {
            lines.add(0, "Migration failed: Source and target queue (" + apqn + ") not compatible");
        }
        return lines;
    }
}

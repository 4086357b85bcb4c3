// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Printable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Something to know about a plan.
 *
 * @param queue the queue it is about, null: about a guest as a whole
 * @param guests the guests it is about, in the order of the plan; a mediated device that exists already is
 *     {@code mdev UUID}
 * @param reason why the plan cannot work: the errno that the kernel would answer, or who else refuses; empty for a note
 * @param problem what is wrong, without the queue or the guest
 * @param remedy what to do about it, empty if that is plain
 */
public record Finding(@Nullable Apqn queue, List<String> guests, String reason, String problem, String remedy) {
    /** Returns a finding about one guest. */
    public static Finding refused(String guest, String reason, String problem, String remedy) {
        return new Finding(null, List.of(guest), reason, problem, remedy);
    }

    /** Returns a finding about one guest that does not keep the plan from working. */
    public static Finding note(String guest, String problem, String remedy) {
        return new Finding(null, List.of(guest), "", problem, remedy);
    }

    /** Tells whether the plan cannot work as it is. */
    public boolean isRefusal() {
        return !reason.isEmpty();
    }

    /** Returns the errno that the kernel would answer, null if it is not the kernel that refuses. */
    public @Nullable String errno() {
        return reason.matches("E[A-Z0-9]+") ? reason : null;
    }

    /** Returns what is wrong, and with what. */
    public String text() {
        return Printable.line((queue == null ? String.join(", ", guests) : queue) + ": " + problem);
    }

    /** Returns one line with all but the remedies that are the same for every line. */
    @Override
    public String toString() {
        return (isRefusal() ? "" : "note: ") + text()
                + (remedy.isEmpty() || reason.equals("EADDRINUSE") ? "" : " (" + remedy + ")")
                + (isRefusal() ? " (" + reason + ")" : "");
    }
}

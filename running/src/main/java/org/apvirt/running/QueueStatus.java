// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.Locale;

import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A queue of the host's AP bus, and who owns it at one moment.
 *
 * @param apqn its number
 * @param owner who may use it
 * @param driver the driver it is bound to, null: none
 * @param mdev the mediated device it is assigned to, null: none
 * @param guest the guest whose CRYCB grants it, null: none
 * @param configured whether the bus has it configured
 * @param checkstopped whether the bus has it checkstopped
 * @param response the response code that an operator makes it answer, null: none
 */
public record QueueStatus(Apqn apqn, Owner owner, @Nullable String driver, @Nullable String mdev,
        @Nullable String guest, boolean configured, boolean checkstopped, @Nullable Integer response) {
    /** Who owns a queue. */
    public enum Owner {
        /** A driver of the host. */
        HOST,
        /** Nobody yet: it is reserved for guests. */
        VFIO_AP,
        /** A guest. */
        GUEST,
        /** Nobody: no driver has it. */
        NOBODY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.time.Instant;
import java.util.Locale;

import org.apvirt.arch.ApMask;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A guest as it is at one moment.
 *
 * @param name its name
 * @param state how far it is
 * @param mdev the UUID of its mediated device, null: it has none, or is an LPAR that owns the whole machine
 * @param device where the device is in QEMU, for example {@code /machine/peripheral/hostdev0}, null: as above
 * @param stub where the gdb stub of its real kernel is, null: its kernel is nobody's
 * @param since when it was started
 * @param adapters the adapters that its CRYCB grants
 * @param domains the usage domains that its CRYCB grants
 * @param controlDomains the control domains that its CRYCB grants
 */
public record GuestStatus(String name, State state, @Nullable String mdev, @Nullable String device,
        @Nullable String stub, Instant since,
        ApMask adapters, ApMask domains, ApMask controlDomains) {
    /** How far a guest is. */
    public enum State {
        /** QEMU starts. */
        STARTING,
        /** It runs. */
        RUNNING,
        /** It is paused and on its way to another machine; its queues are still its own. */
        MIGRATING,
        /** It came from another machine, has its queues, and is paused until it is told to run. */
        INCOMING,
        /** QEMU ends; its queues are being reset. */
        STOPPING;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioMigrationOps;
import org.apvirt.vfio.VfioMigrationState;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The state of a vfio-ap device on its way out of one QEMU and into another. The guest is paused.
 *
 * <p>A device that is only looked at, or a machine without one, has nothing that travels. Source: QEMU {@code migration/savevm.c},
 * {@code hw/vfio/migration.c}; {@code hw/vfio/ap.c} as posted in April 2026, in no release.
 */
final class DeviceMigration {
    private static final String SECTION = "/1/vfio-ap"; // at most one device is on the bus
    private static final int PIECE = 1 << 16; // bytes read or written at once

    private final QemuVersion version;
    private final @Nullable VfioApDevice device;

    /** @param device null: the machine has none */
    DeviceMigration(QemuVersion version, @Nullable VfioApDevice device) {
        this.version = version;
        this.device = device;
    }

    private static QemuException refused(String text, @Nullable ErrnoException cause) {
        return new QemuException(text, cause == null ? null : cause.getMessage());
    }

    /** Returns how the device is migrated; null: there is none that has anything. */
    @Nullable
    VfioMigrationOps requireMigratable() throws QemuException {
        VfioApDevice present = device;
        if (present == null) {
            return null;
        }
        if (!version.has(QemuPolicy.MIGRATES_VFIO_AP)) {
            throw refused("State blocked by non-migratable device '" + SECTION + "'", null);
        }
        AttachedDevice attached = present.attached();
        if (attached == null) {
            return null;
        }
        VfioMigrationOps ops = attached.file().migration();
        if (ops == null) {
            throw refused(present.name() + ": VFIO migration is not supported in kernel", null);
        }
        return ops;
    }

    /** Reads the state. After a refusal the device runs. */
    byte[] save() throws QemuException {
        VfioMigrationOps ops = requireMigratable();
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        if (ops == null) {
            return state.toByteArray();
        }
        try (OpenFile stream = ops.state(VfioMigrationState.STOP_COPY)) {
            byte[] piece = stream == null ? new byte[0] : stream.read(PIECE);
            while (stream != null && piece.length > 0) {
                state.writeBytes(piece);
                piece = stream.read(PIECE);
            }
            ops.state(VfioMigrationState.STOP);
            return state.toByteArray();
        } catch (ErrnoException e) {
            run(ops);
            throw refused("error while saving state of device '" + SECTION + "': " + e.errno().text(), e);
        }
    }

    /** Writes the state that another device had. After a refusal the device has what it had before, and runs. */
    void load(byte[] state) throws QemuException {
        VfioMigrationOps ops = requireMigratable();
        if (ops == null) {
            if (state.length > 0) {
                throw refused("Unknown savevm section or instance '" + SECTION
                        + "' 0. Make sure that your current VM setup matches"
                        + " your saved VM setup, including any hotplugged devices", null);
            }
            return;
        }
        try (OpenFile stream = ops.state(VfioMigrationState.RESUMING)) {
            for (int at = 0; stream != null && at < state.length; at += PIECE) {
                stream.write(Arrays.copyOfRange(state, at, Math.min(at + PIECE, state.length)));
            }
            ops.state(VfioMigrationState.STOP);
        } catch (ErrnoException e) {
            VfioApDevice present = device;
            if (present != null) {
                present.reset(); // the only way out of a stream that was refused
            }
            throw refused(
                    "error while loading state for instance 0x0 of device '" + SECTION + "': load of migration failed: "
                            + e.errno().text(),
                    e);
        }
    }

    /** The device runs, as its machine does. */
    void run() {
        VfioApDevice present = device;
        AttachedDevice attached = present == null ? null : present.attached();
        VfioMigrationOps ops = attached == null ? null : attached.file().migration();
        if (ops != null) {
            run(ops);
        }
    }

    private static void run(VfioMigrationOps ops) {
        try {
            ops.state(VfioMigrationState.RUNNING);
        } catch (ErrnoException e) {
            throw new IllegalStateException("a device that is stopped can run", e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * How far the migration of a VFIO device is; the constants have the order of the interface's numbers, from 0.
 *
 * <pre>
 *  RUNNING ◄────► STOP ◄────► STOP_COPY   saving: opens a stream to read
 *                  ▲
 *                  └────────► RESUMING    loading: opens a stream to write
 * </pre>
 *
 * Longer ways are walked arc by arc. Source: Linux {@code include/uapi/linux/vfio.h}, {@code enum vfio_device_mig_state};
 * {@code vfio_main.c}, {@code vfio_mig_get_next_state}.
 */
public enum VfioMigrationState {
    /** The device failed; only a reset leads out. */
    ERROR,
    /** The device changes nothing. */
    STOP,
    /** It does what it is for. */
    RUNNING,
    /** It is stopped and its state is read. */
    STOP_COPY,
    /** It is stopped and its state is written. */
    RESUMING,
    /** Running without other devices; of no device here. */
    RUNNING_P2P,
    /** Running while its state is read; of no device here. */
    PRE_COPY,
    /** Both; of no device here. */
    PRE_COPY_P2P;

    /**
     * Returns the state of a number.
     *
     * @throws ErrnoException EINVAL: there is none
     */
    static VfioMigrationState of(int number) throws ErrnoException {
        if (number < 0 || number >= values().length) {
            throw new ErrnoException(Errno.EINVAL, "migration state " + Integer.toUnsignedString(number));
        }
        return values()[number];
    }

    private boolean isOfStopCopy() {
        return switch (this) {
            case STOP, RUNNING, STOP_COPY, RESUMING -> true;
            default -> false;
        };
    }

    /**
     * Returns the first state on the way to another one, for a device that knows no more than STOP_COPY.
     *
     * @throws ErrnoException EINVAL: no way leads there
     */
    public VfioMigrationState towards(VfioMigrationState wanted) throws ErrnoException {
        if (!isOfStopCopy() || !wanted.isOfStopCopy()) {
            throw new ErrnoException(Errno.EINVAL, "no way from migration state " + this + " to " + wanted);
        }
        return this == STOP || this == wanted ? wanted : STOP;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Mutex;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioMigrationOps;
import org.apvirt.vfio.VfioMigrationState;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The migration of one mdev: its state, and the stream that is open.
 *
 * <p>Configuration travels, not what is in the queues. On the source nothing changes; the stream names the queues of the guest's
 * matrix. On the target the whole stream is checked before anything changes: then it is the assigned matrix.
 *
 * <p>Differs from the posted code: the stream is made once and can be read in any pieces; it can be written in any pieces; and who
 * has written less than the stream announces, or was refused, does not get from RESUMING to STOP without a reset.
 *
 * <p>Its lock comes before those of {@link UpdateLocks}. Source: as {@link MigrationData}.
 */
final class MdevMigration implements VfioMigrationOps {
    private final MatrixMdev mdev;
    private final MatrixDevice matrixDev;
    private final ReentrantLock lock = new Mutex();
    // Guarded by the lock
    private VfioMigrationState state = VfioMigrationState.RUNNING;
    private @Nullable Saving saving;
    private @Nullable Resuming resuming;
    private boolean open;

    MdevMigration(MatrixMdev mdev) {
        this.mdev = mdev;
        this.matrixDev = mdev.matrixDevice();
    }

    /** The device is opened, closed or reset: streams are released and it runs. */
    void restart(boolean isOpen) {
        lock.lock();
        try {
            open = isOpen;
            saving = null;
            resuming = null;
            state = VfioMigrationState.RUNNING;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #restart}; whether the device is open stays as it is. */
    void reset() {
        lock.lock();
        try {
            restart(open);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long flags() {
        return STOP_COPY;
    }

    @Override
    public VfioMigrationState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Goes to a state.
     *
     * @throws ErrnoException EPERM: this kernel is itself a Secure Execution guest. ENODEV: the device is not open. EINVAL: no way leads
     *     there. EIO: a stream was begun and not taken
     */
    @Override
    public @Nullable OpenFile state(VfioMigrationState wanted) throws ErrnoException {
        if (matrixDev.isInSecureGuest()) {
            mdev.log("Migration not allowed from or to a Secure Execution guest");
            throw new ErrnoException(Errno.EPERM, "the host is a Secure Execution guest");
        }
        lock.lock();
        try {
            if (!open && wanted != VfioMigrationState.RUNNING) {
                throw notOpen();
            }
            OpenFile stream = null;
            while (state != wanted) {
                VfioMigrationState next = state.towards(wanted);
                stream = arc(next);
                state = next;
            }
            return stream;
        } finally {
            lock.unlock();
        }
    }

    private static ErrnoException notOpen() {
        return new ErrnoException(Errno.ENODEV, "the device is not open");
    }

    private @Nullable OpenFile arc(VfioMigrationState next) throws ErrnoException {
        switch (next) {
            case STOP_COPY -> {
                Saving stream = new Saving();
                saving = stream;
                return stream;
            }
            case RESUMING -> {
                Resuming stream = new Resuming();
                resuming = stream;
                return stream;
            }
            default -> {
                Resuming begun = resuming;
                if (begun != null && begun.isUnfinished()) {
                    throw new ErrnoException(Errno.EIO,
                            "the stream of " + mdev + " was not taken as a whole; reset the device");
                }
                saving = null;
                resuming = null;
                return null;
            }
        }
    }

    @Override
    public long dataSize() {
        try (UpdateLocks held = matrixDev.lockContents()) {
            ApMatrix guest = mdev.plug(held).shadow();
            return MigrationData.length((int) (guest.apm().ids().count() * guest.aqm().ids().count()));
        }
    }

    /**
     * Asks a queue what its adapter is like.
     *
     * @throws ErrnoException ENODEV: there is none. EIO: another answer
     */
    private ApHardwareInfo hardware(Apqn apqn) throws ErrnoException {
        ApQueueStatus status = new ApQueueStatus(matrixDev.commands().tapq(apqn));
        int code = ApQueueStatus.responseCode(status.word());
        ApResponseCode response = status.response();
        switch (response) {
            case NORMAL, RESET_IN_PROGRESS, DECONFIGURED, CHECKSTOPPED, BUSY -> {
                return new ApHardwareInfo(matrixDev.commands().hardwareInfo());
            }
            default -> {
                mdev.log("migration failed: Failed to get hwinfo for queue " + apqn + " on target host: TAPQ rc="
                        + code);
                throw new ErrnoException(response == ApResponseCode.Q_NOT_AVAIL ? Errno.ENODEV : Errno.EIO,
                        "TAPQ of queue " + apqn + " answered " + code);
            }
        }
    }

    private byte[] save() throws ErrnoException {
        List<MigratedQueue> queues = new ArrayList<>();
        try (UpdateLocks held = matrixDev.lockContents()) {
            ApMatrix guest = mdev.plug(held).shadow();
            for (int apid = guest.apm().next(0); apid >= 0; apid = guest.apm().next(apid + 1)) {
                for (int apqi = guest.aqm().next(0); apqi >= 0; apqi = guest.aqm().next(apqi + 1)) {
                    Apqn apqn = new Apqn(apid, apqi);
                    queues.add(new MigratedQueue(apqn, hardware(apqn)));
                }
            }
        }
        return MigrationData.store(queues);
    }

    /** Checks everything, in the order of the posted code, and then gives the queues to the mdev and its guest. */
    private void load(List<MigratedQueue> queues) throws ErrnoException {
        ApMatrix wanted = MigrationData.matrix(queues);
        try (UpdateLocks held = mdev.lockForReplacement()) {
            Apqn unavailable = null;
            for (MigratedQueue queue : queues) {
                if (matrixDev.boundQueue(queue.apqn()) == null) {
                    unavailable = queue.apqn();
                    mdev.log("Queue " + unavailable + " not available to vfio_ap driver on target host");
                }
            }
            if (unavailable != null) {
                throw new ErrnoException(Errno.ENODEV,
                        "queue " + unavailable + " is not bound to vfio_ap on the target");
            }
            Apqn incompatible = null;
            for (MigratedQueue queue : queues) {
                List<String> problems = new QueueMatch(queue.apqn(), queue.hardware(), hardware(queue.apqn()))
                        .problems();
                problems.forEach(mdev::log);
                incompatible = problems.isEmpty() ? incompatible : queue.apqn();
            }
            if (incompatible != null) {
                throw new ErrnoException(Errno.EFAULT, "queue " + incompatible + " of the target is not compatible");
            }
            mdev.replaceComplete(wanted, held);
        }
    }

    private void requireCurrent(@Nullable OpenFile current, OpenFile asking) throws ErrnoException {
        if (!open) {
            throw notOpen();
        }
        if (current != asking) {
            throw new ErrnoException(Errno.EINVAL, "this is not the stream of the migration that runs");
        }
    }

    /** The stream of STOP_COPY; at its end nothing more is read. */
    private final class Saving implements OpenFile {
        private byte @Nullable [] content;
        private int position;

        /**
         * Reads on.
         *
         * @throws ErrnoException ENODEV: the device is not open, or a queue is gone. EINVAL: another stream came after this one. EIO:
         *     a queue answers what is not expected
         */
        @Override
        public byte[] read(int length) throws ErrnoException {
            lock.lock();
            try {
                requireCurrent(saving, this);
                byte[] all = content;
                if (all == null) {
                    all = save();
                    content = all;
                }
                byte[] part = Arrays.copyOfRange(all, position, position + Math.min(length, all.length - position));
                position += part.length;
                return part;
            } finally {
                lock.unlock();
            }
        }
    }

    /** The stream of RESUMING: with its last byte it is checked, and the guest has the queues. */
    private final class Resuming implements OpenFile {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private int announced; // bytes, 0: not known yet
        private boolean loaded;
        private boolean refused;

        boolean isUnfinished() {
            return received.size() > 0 && !loaded;
        }

        /**
         * Takes more of it.
         *
         * @throws ErrnoException ENODEV: the device is not open; a queue is not bound to vfio_ap, or its number is above the limits.
         *     EINVAL: another stream came after this one, or what is written is none. EIO: more than announced; after a refusal;
         *     a queue answers what is not expected. EFAULT: a queue is not compatible. EADDRNOTAVAIL: one is reserved for the
         *     host. EADDRINUSE: one belongs to another mdev. ECANCELED: the guest would not get an adapter
         */
        @Override
        public int write(byte[] bytes) throws ErrnoException {
            lock.lock();
            try {
                requireCurrent(resuming, this);
                if (refused) {
                    throw new ErrnoException(Errno.EIO, "the stream was refused before");
                }
                refused = true; // unless all goes well
                take(bytes);
                refused = false;
                return bytes.length;
            } finally {
                lock.unlock();
            }
        }

        private void take(byte[] bytes) throws ErrnoException {
            int most = MigrationData.length(MigrationData.MOST_QUEUES);
            if (received.size() + (long) bytes.length > most) {
                throw new ErrnoException(Errno.EIO, "no stream is longer than " + most + " bytes");
            }
            received.writeBytes(bytes);
            if (received.size() < MigrationData.HEADER_LENGTH) {
                return;
            }
            if (announced == 0) {
                announced = MigrationData.announced(received.toByteArray());
            }
            if (received.size() > announced) {
                throw new ErrnoException(Errno.EIO,
                        "the stream goes on after the " + announced + " bytes that it announces");
            }
            if (received.size() == announced && !loaded) {
                load(MigrationData.load(received.toByteArray()));
                loaded = true;
            }
        }
    }
}

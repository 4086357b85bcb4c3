// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An open VFIO device. Several may be open at once; the device itself closes with the last one.
 * Source: Linux {@code include/uapi/linux/vfio.h}, {@code drivers/s390/crypto/vfio_ap_ops.c}, {@code vfio_ap_mdev_ioctl}.
 */
public final class VfioDeviceFile implements OpenFile {
    private static final int GET_INFO = 0x3b6b;
    private static final int GET_REGION_INFO = 0x3b6c;
    private static final int GET_IRQ_INFO = 0x3b6d;
    private static final int SET_IRQS = 0x3b6e;
    private static final int RESET = 0x3b6f;
    private static final int FEATURE = 0x3b75;

    private static final int INFO_LENGTH = 16;
    private static final int IRQ_INFO_LENGTH = 16;
    private static final int IRQ_SET_LENGTH = 20;

    private static final int IRQ_INFO_EVENTFD = 0x01;
    private static final int DATA_NONE = 0x01;
    private static final int DATA_BOOL = 0x02;
    private static final int DATA_EVENTFD = 0x04;
    private static final int DATA_MASK = 0x07;
    private static final int ACTION_TRIGGER = 0x20;
    private static final int FLAGS_MASK = 0x3f;

    private final VfioDevice device;
    private final AtomicBoolean closed = new AtomicBoolean();

    VfioDeviceFile(VfioDevice device) {
        this.device = device;
    }

    /** Returns the flags of the device: bit 0 it can be reset, bit 5 it is an AP matrix. */
    public int infoFlags() {
        return device.ops().infoFlags();
    }

    /** Returns how many interrupts the device has. */
    public int irqCount() {
        return device.ops().irqCount();
    }

    /**
     * Resets the device: ZAPQ for all its queues.
     *
     * @throws ErrnoException EIO: a queue could not be reset
     */
    public void reset() throws ErrnoException {
        device.ops().reset();
    }

    /**
     * Sets what an interrupt signals.
     *
     * @param index 0: the host wants the device back, 1: the guest's masks changed
     * @param eventFd null: nothing
     * @throws ErrnoException EINVAL: no such interrupt
     */
    public void setIrq(int index, @Nullable EventFd eventFd) throws ErrnoException {
        requireIrq(index);
        device.ops().setIrq(index, eventFd);
    }

    /** Returns how the device is migrated, null: it cannot be. */
    public @Nullable VfioMigrationOps migration() {
        return device.ops().migration();
    }

    private void requireIrq(int index) throws ErrnoException {
        if (index < 0 || index >= irqCount()) {
            throw new ErrnoException(Errno.EINVAL, "no interrupt " + Integer.toUnsignedString(index));
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            device.close();
        }
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case GET_INFO -> {
                ByteBuffer block = argument.sizedBlock(INFO_LENGTH);
                block.putInt(4, infoFlags());
                block.putInt(8, 0); // regions
                block.putInt(12, irqCount());
            }
            case GET_IRQ_INFO -> {
                ByteBuffer block = argument.sizedBlock(IRQ_INFO_LENGTH);
                requireIrq(block.getInt(8));
                block.putInt(4, IRQ_INFO_EVENTFD);
                block.putInt(12, 1); // count
            }
            case SET_IRQS -> setIrqs(argument);
            case RESET -> reset();
            case GET_REGION_INFO -> throw new ErrnoException(
                    device.kernel().has(VfioQuirk.REGION_INFO_IS_EINVAL) ? Errno.EINVAL : Errno.EOPNOTSUPP,
                    "the device has no regions");
            case VfioCdevFile.BIND -> throw new ErrnoException(
                    device.kernel().has(VfioQuirk.DEVICE_CDEV) ? Errno.EINVAL : Errno.ENOTTY,
                    "the device is open by way of its group");
            case FEATURE -> new VfioFeatures(device.ops().migration()).ioctl(argument);
            default -> throw new ErrnoException(Errno.EOPNOTSUPP, "device ioctl 0x" + Integer.toHexString(request));
        }
        return 0;
    }

    private void setIrqs(IoctlArgument argument) throws ErrnoException {
        ByteBuffer block = argument.sizedBlock(IRQ_SET_LENGTH);
        int flags = block.getInt(4);
        int start = block.getInt(12);
        int count = block.getInt(16);
        requireIrq(block.getInt(8));
        if ((flags & ~FLAGS_MASK) != 0 || start != 0 || count < 0 || count > 1) {
            throw new ErrnoException(Errno.EINVAL, "SET_IRQS flags 0x" + Integer.toHexString(flags) + " start " + start
                    + " count " + count);
        }
        int unit = switch (flags & DATA_MASK) {
            case DATA_NONE -> 0;
            case DATA_BOOL -> 1;
            case DATA_EVENTFD -> 4;
            default -> throw new ErrnoException(Errno.EINVAL, "SET_IRQS needs exactly one type of data");
        };
        if (Integer.compareUnsigned(block.getInt(0) - IRQ_SET_LENGTH, count * unit) < 0) {
            throw new ErrnoException(Errno.EINVAL, "SET_IRQS without its data");
        }
        if ((flags & ACTION_TRIGGER) == 0 || unit != 4) {
            throw new ErrnoException(Errno.EINVAL, "only an eventfd can be set, as trigger");
        }
        int fd = argument.block(IRQ_SET_LENGTH + 4).getInt(IRQ_SET_LENGTH);
        setIrq(block.getInt(8), fd == -1 ? null : eventFd(fd, argument));
    }

    private static EventFd eventFd(int fd, IoctlArgument argument) throws ErrnoException {
        if (fd < 0) {
            throw new ErrnoException(Errno.EINVAL, "descriptor " + fd);
        }
        OpenFile file = argument.files().file(fd);
        if (file == null) {
            throw new ErrnoException(Errno.EBADF, "descriptor " + fd);
        }
        if (!(file instanceof EventFd eventFd)) {
            throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no eventfd");
        }
        return eventFd;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device opened through its own node, {@code /dev/vfio/devices/vfioN}: it is not open before it is bound to an iommufd, and
 * then by this file alone.
 * <pre>
 *  BIND_IOMMUFD      16 bytes: 0 argsz, 4 flags, 8 descriptor, 12 number of the device in the iommufd (out)
 *  ATTACH_IOMMUFD_PT 12 bytes: 0 argsz, 4 flags, 8 number of an IOAS
 *  DETACH_IOMMUFD_PT  8 bytes: 0 argsz, 4 flags
 * </pre>
 * Source: Linux {@code drivers/vfio/device_cdev.c}, {@code iommufd.c}, {@code vfio_iommufd_emulated_bind}.
 */
public final class VfioCdevFile implements OpenFile, KvmVfioFile {
    static final int BIND = 0x3b76;
    private static final int ATTACH = 0x3b77;
    private static final int DETACH = 0x3b78;
    private static final int BIND_LENGTH = 16;
    private static final int ATTACH_LENGTH = 12;
    private static final int DETACH_LENGTH = 8;

    private final VfioDevice device;
    private final AtomicInteger references = new AtomicInteger(1); // the descriptor, KVM-VFIO devices
    @GuardedBy("this")
    private @Nullable KvmVm kvm;
    @GuardedBy("this")
    private @Nullable Iommufd iommufd;
    @GuardedBy("this")
    private @Nullable Ioas ioas;
    @GuardedBy("this")
    private @Nullable VfioDeviceFile bound;

    VfioCdevFile(VfioDevice device) {
        this.device = device;
    }

    @Override
    public synchronized void kvm(@Nullable KvmVm newKvm) {
        kvm = newKvm;
    }

    @Override
    public void hold() {
        references.incrementAndGet();
    }

    @Override
    public void drop() {
        if (references.decrementAndGet() == 0) {
            release();
        }
    }

    @Override
    public void close() {
        drop();
    }

    private synchronized void release() {
        VfioDeviceFile file = bound;
        Iommufd backend = iommufd;
        bound = null;
        iommufd = null;
        detach();
        if (backend != null) {
            backend.unbind(this);
        }
        if (file == null) {
            device.closedUnbound();
        } else {
            file.close();
        }
    }

    /**
     * Binds the device to an iommufd, which opens it.
     *
     * @return the number that it has there
     * @throws ErrnoException EINVAL: it is bound, by this file or another one, or no virtual machine is known. EBUSY: its
     *     group is open. EPERM: the virtual machine has another vfio-ap device
     */
    public synchronized int bind(Iommufd to) throws ErrnoException {
        if (bound != null) {
            throw new ErrnoException(Errno.EINVAL, "the device is bound");
        }
        bound = device.bind(kvm);
        iommufd = to;
        return to.bind(this);
    }

    /**
     * Lets the device use an address space instead of the one before.
     *
     * @throws ErrnoException EINVAL: it is not bound. ENOENT: there is no such address space
     */
    public synchronized void attach(int number) throws ErrnoException {
        Iommufd backend = iommufd;
        if (backend == null) {
            throw unbound();
        }
        Ioas found = backend.ioas(number);
        detach();
        found.attach(device);
        ioas = found;
    }

    @GuardedBy("this")
    private void detach() {
        Ioas used = ioas;
        ioas = null;
        if (used != null) {
            used.detach(device);
        }
    }

    private static ErrnoException unbound() {
        return new ErrnoException(Errno.EINVAL, "the device is not bound to an iommufd");
    }

    /**
     * Returns the open device.
     *
     * @throws ErrnoException EINVAL: it is not bound
     */
    public synchronized VfioDeviceFile device() throws ErrnoException {
        VfioDeviceFile file = bound;
        if (file == null) {
            throw unbound();
        }
        return file;
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        if (request == BIND) {
            ByteBuffer block = block(argument, BIND_LENGTH);
            int fd = block.getInt(8);
            if (fd < 0) {
                throw new ErrnoException(Errno.EINVAL, "descriptor " + fd);
            }
            OpenFile file = argument.files().file(fd);
            if (!(file instanceof Iommufd backend)) {
                throw new ErrnoException(file == null ? Errno.EBADF : Errno.EBADFD, "descriptor " + fd);
            }
            block.putInt(12, bind(backend));
            return 0;
        }
        VfioDeviceFile file = device();
        switch (request) {
            case ATTACH -> attach(block(argument, ATTACH_LENGTH).getInt(8));
            case DETACH -> {
                block(argument, DETACH_LENGTH);
                synchronized (this) {
                    detach();
                }
            }
            default -> {
                return file.ioctl(request, argument);
            }
        }
        return 0;
    }

    private static ByteBuffer block(IoctlArgument argument, int length) throws ErrnoException {
        ByteBuffer block = argument.sizedBlock(length);
        if (block.getInt(4) != 0) {
            throw new ErrnoException(Errno.EINVAL, "flags 0x" + Integer.toHexString(block.getInt(4)));
        }
        return block;
    }
}

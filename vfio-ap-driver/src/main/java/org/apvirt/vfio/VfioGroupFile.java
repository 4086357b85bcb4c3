// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An open group: the way to its device. It lives on after close(2) while the device is open or a KVM-VFIO device knows
 * it. Source: Linux {@code drivers/vfio/group.c}, {@code vfio_group_fops_unl_ioctl}.
 */
public final class VfioGroupFile implements OpenFile, KvmVfioFile {
    private static final int GET_STATUS = 0x3b67;
    private static final int SET_CONTAINER = 0x3b68;
    private static final int UNSET_CONTAINER = 0x3b69;
    private static final int GET_DEVICE_FD = 0x3b6a;

    private static final int VIABLE = 1;
    private static final int CONTAINER_SET = 2;

    private final VfioGroup group;
    @GuardedBy("this")
    private int references = 1; // the descriptor, the open device, KVM-VFIO devices

    VfioGroupFile(VfioGroup group) {
        this.group = group;
    }

    /** Returns VFIO_GROUP_FLAGS: bit 0 viable, bit 1 a container is set. */
    public int status() throws ErrnoException {
        return group.hasContainer() ? VIABLE | CONTAINER_SET : VIABLE;
    }

    /**
     * Puts the group into a container.
     *
     * @throws ErrnoException EINVAL: it is in one. ENODEV: its device is gone
     */
    public void setContainer(VfioContainer container) throws ErrnoException {
        group.attach(container);
    }

    /**
     * Takes the group out of its container.
     *
     * @throws ErrnoException EINVAL: it is in none. EBUSY: the device is open
     */
    public void unsetContainer() throws ErrnoException {
        group.unsetContainer();
    }

    /**
     * Opens the device.
     *
     * @param name name of the device: the UUID of an mdev
     * @throws ErrnoException ENODEV: it is not in this group. EINVAL: no container, no IOMMU, no KVM. EPERM: the virtual
     *     machine has another vfio-ap device
     */
    public VfioDeviceFile device(String name) throws ErrnoException {
        return group.device(name).open(this);
    }

    @Override
    public void kvm(@Nullable KvmVm kvm) {
        group.kvm(kvm);
    }

    @Override
    public synchronized void hold() {
        references++;
    }

    @Override
    public void drop() {
        boolean last;
        synchronized (this) {
            last = --references == 0;
        }
        if (last) {
            group.released();
        }
    }

    @Override
    public void close() {
        drop();
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case GET_STATUS -> {
                ByteBuffer block = argument.block(8);
                if (Integer.compareUnsigned(block.getInt(0), 8) < 0) {
                    throw new ErrnoException(Errno.EINVAL, "argsz is below 8");
                }
                block.putInt(4, status());
                return 0;
            }
            case SET_CONTAINER -> {
                int fd = argument.buffer().length >= 4 ? argument.block(4).getInt(0) : (int) argument.value();
                if (fd < 0) {
                    throw new ErrnoException(Errno.EINVAL, "descriptor " + fd);
                }
                OpenFile file = argument.files().file(fd);
                if (file == null) {
                    throw new ErrnoException(Errno.EBADF, "descriptor " + fd);
                }
                if (group.hasContainer()) {
                    throw new ErrnoException(Errno.EINVAL, "the group is in a container");
                }
                if (!(file instanceof VfioContainer container)) {
                    throw new ErrnoException(Errno.EBADFD, "descriptor " + fd + " is no container");
                }
                setContainer(container);
                return 0;
            }
            case UNSET_CONTAINER -> {
                unsetContainer();
                return 0;
            }
            case GET_DEVICE_FD -> {
                return argument.files().install(device(text(argument.buffer())));
            }
            default -> throw new ErrnoException(Errno.ENOTTY, "group ioctl 0x" + Integer.toHexString(request));
        }
    }

    private static String text(byte[] buffer) {
        int end = 0;
        while (end < buffer.length && buffer[end] != 0) {
            end++;
        }
        return new String(buffer, 0, end, StandardCharsets.ISO_8859_1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.kvm.KvmVm;

/**
 * The KVM-VFIO device of a virtual machine: user space names here the groups whose devices the machine will use.
 * Source: Linux {@code virt/kvm/vfio.c}.
 */
public final class KvmVfioDevice implements OpenFile {
    /** {@code KVM_DEV_TYPE_VFIO}, by which a virtual machine is asked for the device. */
    public static final int TYPE = 4;

    private static final int SET_DEVICE_ATTR = 0x4018aee1;
    private static final int GET_DEVICE_ATTR = 0x4018aee2;
    private static final int HAS_DEVICE_ATTR = 0x4018aee3;
    private static final int ATTR_LENGTH = 24;
    private static final int FILE_GROUP = 1;
    private static final int FILE_ADD = 1;
    private static final int FILE_DEL = 2;

    private final KvmVm vm;
    @GuardedBy("this")
    private final List<KvmVfioFile> files = new ArrayList<>();

    private KvmVfioDevice(KvmVm vm) {
        this.vm = vm;
    }

    /**
     * Makes the device of a virtual machine.
     *
     * @throws ErrnoException EBUSY: there is one
     */
    public static KvmVfioDevice of(KvmVm vm) throws ErrnoException {
        vm.holdForOnly(TYPE);
        return new KvmVfioDevice(vm);
    }

    /**
     * Tells a group, or a device, of the virtual machine.
     *
     * @param opened a {@link VfioGroupFile} or {@link VfioCdevFile}
     * @throws ErrnoException EEXIST: it was told before. EINVAL: it is neither
     */
    public void add(OpenFile opened) throws ErrnoException {
        if (!(opened instanceof KvmVfioFile file)) {
            throw new ErrnoException(Errno.EINVAL, "neither a VFIO group nor a VFIO device");
        }
        synchronized (this) {
            if (files.contains(file)) {
                throw new ErrnoException(Errno.EEXIST, "the file was added");
            }
            files.add(file);
        }
        file.hold();
        file.kvm(vm);
    }

    /**
     * Takes the virtual machine from a group or a device. A device that is open keeps it.
     *
     * @throws ErrnoException ENOENT: the file was not added
     */
    public void remove(OpenFile opened) throws ErrnoException {
        if (!(opened instanceof KvmVfioFile file)) {
            throw new ErrnoException(Errno.ENOENT, "neither a VFIO group nor a VFIO device");
        }
        synchronized (this) {
            if (!files.remove(file)) {
                throw new ErrnoException(Errno.ENOENT, "the file was not added");
            }
        }
        file.kvm(null);
        file.drop();
    }

    @Override
    public void close() {
        List<KvmVfioFile> left;
        synchronized (this) {
            left = List.copyOf(files);
            files.clear();
        }
        for (KvmVfioFile file : left) {
            file.kvm(null);
            file.drop();
        }
        vm.drop();
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        if (request == GET_DEVICE_ATTR) {
            throw new ErrnoException(Errno.EPERM, "the attributes of this device cannot be read");
        }
        if (request != SET_DEVICE_ATTR && request != HAS_DEVICE_ATTR) {
            throw new ErrnoException(Errno.ENOTTY, "KVM device ioctl 0x" + Integer.toHexString(request));
        }
        ByteBuffer block = argument.block(ATTR_LENGTH);
        long attr = block.getLong(8);
        if (block.getInt(4) != FILE_GROUP || attr != FILE_ADD && attr != FILE_DEL) {
            throw new ErrnoException(Errno.ENXIO, "no attribute " + attr + " in group " + block.getInt(4));
        }
        if (request == SET_DEVICE_ATTR) {
            int fd = argument.block(ATTR_LENGTH + 4).getInt(ATTR_LENGTH);
            OpenFile file = argument.files().file(fd);
            if (file == null) {
                throw new ErrnoException(Errno.EBADF, "descriptor " + fd);
            }
            if (attr == FILE_ADD) {
                add(file);
            } else {
                remove(file);
            }
        }
        return 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Device;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsLink;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A VFIO group with its emulated IOMMU group; each mediated device has one of its own.
 * Source: Linux {@code drivers/vfio/group.c}, {@code struct vfio_group}.
 */
public final class VfioGroup {
    private static final int MAJOR = 254; // dynamically allocated in the kernel

    private final Vfio vfio;
    private final int number;
    private final int minor;
    private final Device device;
    private final EntryGroup link; // what the device shows
    private final ClassDevice node;

    @GuardedBy("this")
    private @Nullable VfioDevice vfioDevice;
    @GuardedBy("this")
    private @Nullable VfioGroupFile openedFile;
    @GuardedBy("this")
    private @Nullable VfioContainer container;
    @GuardedBy("this")
    private @Nullable KvmVm kvm;
    @GuardedBy("this")
    private boolean revoked;
    @GuardedBy("this")
    private boolean blocked; // the device is open by way of its own node

    @SuppressWarnings("nullness:methodref.receiver.bound") // nobody opens the node before it is added
    VfioGroup(Vfio vfio, int number, int minor, Device device) {
        this.vfio = vfio;
        this.number = number;
        this.minor = minor;
        this.device = device;
        this.link = EntryGroup.of("iommu_group",
                SysfsLink.between(device.devpath(), "/kernel/iommu_groups/" + number));
        this.node = new ClassDevice(vfio.kernel(), vfio.groupClass(), Integer.toString(number), null,
                "vfio/" + number, new CharDevice(0600, MAJOR, minor, this::open));
    }

    /** Returns the number: that of the IOMMU group and of the node {@code /dev/vfio/NUMBER}. */
    public int number() {
        return number;
    }

    Device device() {
        return device;
    }

    private void log(String text) {
        Kernel kernel = vfio.kernel();
        kernel.log(device.driver() + " " + device.name() + ": " + text + " iommu group " + number);
    }

    /** Puts the device into the group and shows the group. */
    void add() {
        device.addGroup(link);
        log("Adding to");
        node.add();
    }

    /** The device leaves: the group vanishes, and a file that is still open is good for nothing but closing. */
    void remove() {
        device.removeGroup(link);
        node.remove();
        log("Removing from");
        synchronized (this) {
            revoked = true;
            detachContainer();
            if (openedFile == null) {
                vfio.minors().give(minor);
            }
        }
        vfio.dropGroup(this);
    }

    synchronized void publish(@Nullable VfioDevice newDevice) {
        vfioDevice = newDevice;
    }

    /**
     * Opens the group: {@code open("/dev/vfio/NUMBER")}.
     *
     * @throws ErrnoException EBUSY: it is open. ENODEV: its device is gone
     */
    public synchronized VfioGroupFile open() throws ErrnoException {
        requirePresent();
        if (openedFile != null || blocked) {
            throw new ErrnoException(Errno.EBUSY, "group " + number + " is open");
        }
        VfioGroupFile file = new VfioGroupFile(this);
        openedFile = file;
        return file;
    }

    /** The device is to be opened by way of its own node: not while somebody has the group open. */
    synchronized void block() throws ErrnoException {
        if (openedFile != null) {
            throw new ErrnoException(Errno.EBUSY, "group " + number + " is open");
        }
        blocked = true;
    }

    synchronized void unblock() {
        blocked = false;
    }

    /** The last reference to the open file is gone. */
    synchronized void released() {
        detachContainer();
        openedFile = null;
        kvm = null;
        if (revoked) {
            vfio.minors().give(minor);
        }
    }

    private synchronized void detachContainer() {
        VfioContainer attached = container;
        if (attached != null) {
            container = null;
            attached.detach(this);
        }
    }

    private synchronized void requirePresent() throws ErrnoException {
        if (revoked) {
            throw new ErrnoException(Errno.ENODEV, "the device of group " + number + " is gone");
        }
    }

    synchronized boolean hasContainer() throws ErrnoException {
        requirePresent();
        return container != null;
    }

    synchronized @Nullable VfioContainer container() {
        return container;
    }

    synchronized void attach(VfioContainer newContainer) throws ErrnoException {
        if (container != null) {
            throw new ErrnoException(Errno.EINVAL, "group " + number + " has a container");
        }
        requirePresent();
        newContainer.attach(this);
        container = newContainer;
    }

    synchronized void unsetContainer() throws ErrnoException {
        if (container == null) {
            throw new ErrnoException(Errno.EINVAL, "group " + number + " has no container");
        }
        VfioDevice used = vfioDevice;
        if (used != null && used.isOpen()) {
            throw new ErrnoException(Errno.EBUSY, "the device of group " + number + " is open");
        }
        detachContainer();
    }

    synchronized void kvm(@Nullable KvmVm newKvm) {
        kvm = newKvm;
    }

    synchronized @Nullable KvmVm kvm() {
        return kvm;
    }

    /**
     * Returns the device of a name.
     *
     * @throws ErrnoException ENODEV: it is not in this group
     */
    synchronized VfioDevice device(String name) throws ErrnoException {
        VfioDevice found = vfioDevice;
        if (found == null || !device.name().equals(name)) {
            throw new ErrnoException(Errno.ENODEV, "no device '" + name + "' in group " + number);
        }
        return found;
    }

    /** Mappings of the container go: the device may be using an address in them. */
    void dmaUnmapped(long iova, long size) {
        VfioDevice used;
        synchronized (this) {
            used = vfioDevice;
        }
        if (used != null && used.isOpen()) {
            used.dmaUnmapped(iova, size);
        }
    }

    static void refuseType(VfioGroup group, String text) throws ErrnoException {
        throw new ErrnoException(Errno.EINVAL, "group " + group.number + " has no default domain to change");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.Completion;
import org.apvirt.arch.Mutex;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Device;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.Task;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device that user space may open through its group. A driver registers one per mediated device.
 * Source: Linux {@code drivers/vfio/vfio_main.c}, {@code struct vfio_device}.
 */
public final class VfioDevice {
    private static final int CDEV_MAJOR = 511; // dynamically allocated in the kernel
    private static final long REQUEST_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Vfio vfio;
    private final Device device;
    private final VfioDeviceOps ops;
    private final VfioGroup group;
    private final int number;
    private final ClassDevice node;

    /** Held while the device is opened for the first or closed for the last time. */
    private final ReentrantLock openLock = new Mutex();
    private volatile int openCount; // written with openLock held
    private @Nullable VfioGroupFile usedGroup; // guarded by openLock, as the next one
    private @Nullable KvmVm usedKvm;

    private final Object filesLock = new Object();
    private int files; // open files and files being opened; guarded by filesLock, as the next one
    private @Nullable Completion lastClose; // wanted by whoever takes the device away

    @SuppressWarnings("nullness:methodref.receiver.bound") // nobody opens the node before it is added
    private VfioDevice(Vfio vfio, Device device, VfioDeviceOps ops) {
        this.vfio = vfio;
        this.device = device;
        this.ops = ops;
        this.number = vfio.deviceNumbers().take();
        this.group = vfio.newGroup(device);
        CharDevice own = vfio.kernel().has(VfioQuirk.DEVICE_CDEV)
                ? new CharDevice(0600, CDEV_MAJOR, number, this::openNode)
                : null;
        this.node = new ClassDevice(vfio.kernel(), vfio.deviceClass(), "vfio" + number, device,
                "vfio/devices/vfio" + number, own);
    }

    /** Registers a device without an IOMMU of its own: {@code vfio_register_emulated_iommu_dev}. */
    public static VfioDevice register(Device device, VfioDeviceOps ops) {
        VfioDevice registered = new VfioDevice(Vfio.of(device.kernel()), device, ops);
        registered.group.add();
        registered.node.add();
        registered.group.publish(registered);
        return registered;
    }

    VfioDeviceOps ops() {
        return ops;
    }

    Kernel kernel() {
        return vfio.kernel();
    }

    /** Tells whether a user has the device open. */
    public boolean isOpen() {
        return openCount > 0;
    }

    /** Opens the device's own node; what that is good for is decided when it is bound. */
    private VfioCdevFile openNode() {
        changeFiles(1);
        return new VfioCdevFile(this);
    }

    /** A file of the node closes that was not bound. */
    void closedUnbound() {
        changeFiles(-1);
    }

    /**
     * Opens the device for the one file of its node that is bound; its group cannot be opened meanwhile.
     *
     * @throws ErrnoException EBUSY: its group is open. EINVAL: it is bound
     */
    VfioDeviceFile bind(@Nullable KvmVm kvm) throws ErrnoException {
        openLock.lock();
        try {
            if (openCount > 0 && usedGroup == null) {
                throw new ErrnoException(Errno.EINVAL, "the device is bound by another file");
            }
            group.block();
            if (kvm != null) {
                kvm.hold();
            }
            try {
                ops.openDevice(kvm == null ? null : kvm.guest());
            } catch (ErrnoException e) {
                drop(null, kvm);
                group.unblock();
                throw e;
            }
            usedKvm = kvm;
            openCount = 1;
            return new VfioDeviceFile(this);
        } finally {
            openLock.unlock();
        }
    }

    VfioDeviceFile open(VfioGroupFile groupFile) throws ErrnoException {
        changeFiles(1);
        openLock.lock();
        try {
            if (openCount == 0) {
                firstOpen(groupFile);
            }
            openCount++;
        } catch (ErrnoException e) {
            changeFiles(-1);
            throw e;
        } finally {
            openLock.unlock();
        }
        return new VfioDeviceFile(this);
    }

    private void firstOpen(VfioGroupFile groupFile) throws ErrnoException {
        VfioContainer container = group.container();
        if (container == null || !container.hasIommu()) {
            throw new ErrnoException(Errno.EINVAL, "group " + group.number() + " has no IOMMU");
        }
        KvmVm kvm = group.kvm();
        groupFile.hold();
        if (kvm != null) {
            kvm.hold();
        }
        try {
            ops.openDevice(kvm == null ? null : kvm.guest());
            usedGroup = groupFile;
            usedKvm = kvm;
        } catch (ErrnoException e) {
            drop(groupFile, kvm);
            throw e;
        }
    }

    private static void drop(@Nullable VfioGroupFile groupFile, @Nullable KvmVm kvm) {
        if (kvm != null) {
            kvm.drop();
        }
        if (groupFile != null) {
            groupFile.drop();
        }
    }

    void close() {
        openLock.lock();
        try {
            if (openCount == 1) {
                ops.closeDevice();
                VfioGroupFile groupFile = usedGroup;
                KvmVm kvm = usedKvm;
                usedGroup = null;
                usedKvm = null;
                drop(groupFile, kvm);
                if (groupFile == null) {
                    group.unblock();
                }
            }
            openCount--;
        } finally {
            openLock.unlock();
        }
        changeFiles(-1);
    }

    void dmaUnmapped(long iova, long length) {
        ops.dmaUnmap(iova, length);
    }

    private void changeFiles(int by) {
        synchronized (filesLock) {
            files += by;
            if (files == 0 && lastClose != null) {
                lastClose.complete();
            }
        }
    }

    /**
     * Takes the device away. While somebody has it open the caller waits, and the driver asks the user every 10 s to
     * give it back. An interrupt of the waiting thread only leaves a line in the log, as a signal does.
     */
    public void unregister() {
        group.publish(null);
        node.remove();
        awaitLastClose();
        group.remove();
        vfio.deviceNumbers().give(number);
    }

    private void awaitLastClose() {
        Completion closed = lastClose();
        boolean interrupted = false;
        for (int count = 0; !closed.isDone(); count++) {
            ops.request(count);
            if (closed.await(REQUEST_INTERVAL_NANOS, !interrupted) == Completion.Outcome.INTERRUPTED) {
                interrupted = true;
                Task waiter = Task.current();
                kernel().log(device.driver() + " " + device.name() + ": Device is currently in use, task \""
                        + waiter.command() + "\" (" + waiter.pid() + ") blocked until device is released");
            }
        }
    }

    private Completion lastClose() {
        Completion closed = new Completion(kernel().time());
        synchronized (filesLock) {
            lastClose = closed;
            if (files == 0) {
                closed.complete();
            }
        }
        return closed;
    }
}

package org.apvirt.vfio;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.Time;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Device;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.Task;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A device that user space may open through its group. A driver registers one per mediated device.
 * Source: Linux {@code drivers/vfio/vfio_main.c}, {@code struct vfio_device}.
 */
public final class VfioDevice {
    private static final long REQUEST_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Vfio vfio;
    private final Device device;
    private final VfioDeviceOps ops;
    private final VfioGroup group;
    private final int number;
    private final ClassDevice node;

    /** Held while the device is opened for the first or closed for the last time. */
    private final ReentrantLock openLock = new ReentrantLock();
    private volatile int openCount; // written with openLock held
    private @Nullable VfioGroupFile usedGroup; // guarded by openLock, as the next one
    private @Nullable KvmVm usedKvm;

    private final ReentrantLock filesLock = new ReentrantLock();
    private final Condition filesChanged = filesLock.newCondition();
    private int files; // open files and files being opened; guarded by filesLock

    private VfioDevice(Vfio vfio, Device device, VfioDeviceOps ops) {
        this.vfio = vfio;
        this.device = device;
        this.ops = ops;
        this.number = vfio.deviceNumbers().take();
        this.group = vfio.newGroup(device);
        this.node = new ClassDevice(vfio.kernel(), vfio.deviceClass(), "vfio" + number, device, "", null);
    }

    /** Registers a device without an IOMMU of its own: {@code vfio_register_emulated_iommu_dev}. */
    public static VfioDevice register(Device device, VfioDeviceOps ops) {
        VfioDevice registered = new VfioDevice(Vfio.of(device.kernel()), device, ops);
        registered.group.add();
        registered.node.add();
        registered.group.publish(registered);
        return registered;
    }

    /** Returns the group. */
    public VfioGroup group() {
        return group;
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
        filesLock.lock();
        try {
            files += by;
            filesChanged.signalAll();
        } finally {
            filesLock.unlock();
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
        boolean interrupted = false;
        for (int count = 0; hasFiles(); count++) {
            ops.request(count);
            try {
                awaitChange(!interrupted);
            } catch (InterruptedException e) {
                interrupted = true;
                Task waiter = Task.current();
                kernel().log(device.driver() + " " + device.name() + ": Device is currently in use, task \""
                        + waiter.command() + "\" (" + waiter.pid() + ") blocked until device is released");
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean hasFiles() {
        filesLock.lock();
        try {
            return files > 0;
        } finally {
            filesLock.unlock();
        }
    }

    /** Waits until there are no files, or 10 s. */
    private void awaitChange(boolean interruptibly) throws InterruptedException {
        boolean[] due = new boolean[1];
        Time.Task alarm = kernel().time().schedule(REQUEST_INTERVAL_NANOS, () -> {
            filesLock.lock();
            try {
                due[0] = true;
                filesChanged.signalAll();
            } finally {
                filesLock.unlock();
            }
        });
        filesLock.lock();
        try {
            while (files > 0 && !due[0]) {
                if (interruptibly) {
                    filesChanged.await();
                } else {
                    filesChanged.awaitUninterruptibly();
                }
            }
        } finally {
            filesLock.unlock();
            alarm.cancel();
        }
    }
}

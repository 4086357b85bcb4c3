// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;

/**
 * {@code /dev/kvm}: virtual machines are made here, and user space is told of each.
 * Source: Linux {@code virt/kvm/kvm_main.c}, {@code kvm_dev_ioctl}, {@code kvm_uevent_notify_change}.
 */
public final class Kvm {
    private static final int MINOR = 232;
    private static final int GET_API_VERSION = 0xae00;
    private static final int CREATE_VM = 0xae01;
    private static final int CHECK_EXTENSION = 0xae03;
    private static final int API_VERSION = 12;

    private final Kernel kernel;
    private final Supplier<KvmGuest> factory;
    private final ClassDevice device;
    private final Map<Integer, KvmDevice> deviceTypes = new ConcurrentHashMap<>();
    @GuardedBy("this")
    private final Set<Integer> debugAreas = new HashSet<>(); // by process
    @GuardedBy("this")
    private int created;
    @GuardedBy("this")
    private int active;

    @SuppressWarnings("nullness:methodref.receiver.bound") // nobody opens the node before it is added
    private Kvm(Kernel kernel, Supplier<KvmGuest> factory) {
        this.kernel = kernel;
        this.factory = factory;
        this.device = new ClassDevice(kernel, kernel.sharedClass("misc"), "kvm", null, "kvm",
                CharDevice.misc(0666, MINOR, () -> (DeviceFile) this::ioctl));
    }

    /** What makes devices of one type for virtual machines: {@code struct kvm_device_ops}. */
    public interface KvmDevice {
        /**
         * Makes one.
         *
         * @throws ErrnoException its own refusal
         */
        OpenFile create(KvmVm vm) throws ErrnoException;
    }

    private interface DeviceFile extends OpenFile {
        @Override
        int ioctl(int request, IoctlArgument argument) throws ErrnoException;
    }

    /**
     * Starts the KVM of a kernel: the node {@code /dev/kvm} appears.
     *
     * @param factory makes the virtual machine itself
     */
    public static Kvm start(Kernel kernel, Supplier<KvmGuest> factory) {
        Kvm kvm = kernel.subsystem(Kvm.class, it -> new Kvm(it, factory));
        kvm.device.add();
        return kvm;
    }

    /**
     * Returns the KVM of a kernel.
     *
     * @throws IllegalStateException if it was not started
     */
    public static Kvm of(Kernel kernel) {
        return kernel.subsystem(Kvm.class, it -> {
            throw new IllegalStateException("KVM was not started on this kernel");
        });
    }

    /**
     * Registers a type of device that virtual machines can have: {@code kvm_register_device_ops}.
     *
     * @param type {@code enum kvm_device_type}
     */
    public void register(int type, KvmDevice maker) {
        deviceTypes.put(type, maker);
    }

    /**
     * Returns what makes devices of a type.
     *
     * @throws ErrnoException ENODEV: nobody does
     */
    KvmDevice deviceType(int type) throws ErrnoException {
        KvmDevice maker = deviceTypes.get(type);
        if (maker == null) {
            throw new ErrnoException(Errno.ENODEV, "no KVM device of type " + type);
        }
        return maker;
    }

    private int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        return switch (request) {
            case GET_API_VERSION -> API_VERSION;
            case CHECK_EXTENSION -> 0;
            case CREATE_VM -> {
                if (argument.value() != 0) {
                    throw new ErrnoException(Errno.EINVAL, "no type " + argument.value() + " of virtual machine");
                }
                KvmVm vm = new KvmVm(this, argument.files().processId(), factory.get());
                int fd = argument.files().install(vm);
                started(vm, fd);
                yield fd;
            }
            default -> throw new ErrnoException(Errno.EINVAL, "KVM ioctl 0x" + Integer.toHexString(request));
        };
    }

    /**
     * Makes a virtual machine for a caller inside this process.
     *
     * @param processId number that the uevent names
     * @param fd descriptor that the uevent names
     */
    public KvmVm createVm(int processId, int fd) {
        KvmVm vm = new KvmVm(this, processId, factory.get());
        started(vm, fd);
        return vm;
    }

    private void started(KvmVm vm, int fd) {
        synchronized (this) {
            created++;
            active++;
            if (debugAreas.add(vm.processId())) {
                vm.hasDebugArea(true);
            } else {
                String name = "'kvm-" + vm.processId() + "'";
                kernel.log(kernel.has(DeviceQuirk.DEBUGFS_NAMES_PARENT)
                        ? "debugfs: Directory " + name + " with parent 's390dbf' already present!"
                        : "debugfs: " + name + " already exists in 's390dbf'");
            }
            vm.statsPath("/kvm/" + vm.processId() + '-' + fd);
            uevent(vm, "create");
        }
    }

    void destroyed(KvmVm vm) {
        synchronized (this) {
            active--;
            if (vm.hasDebugArea()) {
                debugAreas.remove(vm.processId());
            }
            uevent(vm, "destroy");
        }
        vm.guest().close();
    }

    @GuardedBy("this")
    private void uevent(KvmVm vm, String event) {
        device.uevent("change", "CREATED=" + created, "COUNT=" + active, "EVENT=" + event, "PID=" + vm.processId(),
                "STATS_PATH=" + vm.statsPath());
    }
}

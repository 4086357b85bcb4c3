// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApPlatform;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModel;
import org.apvirt.cpu.QemuPolicy;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A running QEMU with the machine {@code s390-ccw-virtio}: CPU model, AP bridge and devices. Commands over QMP are
 * {@link #deviceAdd} and {@link #deviceDel}.
 *
 * <p>Events from the kernel are handled on the main loop, one thread, as in QEMU; all changes happen under one lock.
 * Source: QEMU {@code hw/s390x/s390-virtio-ccw.c}, {@code system/qdev-monitor.c}.
 */
public final class S390Machine implements AutoCloseable {
    private static final String PERIPHERAL = "/machine/peripheral/";
    private static final String ANONYMOUS = "/machine/peripheral-anon/device[";

    private final QemuHost host;
    private final QemuMessages messages;
    private final CpuModel cpuModel;
    private final boolean isS390;
    private final MachineObjects objects;
    private final @Nullable KvmVm vm;
    private final @Nullable ApBridge apBridge;
    private final @Nullable HostVfio vfio;
    private final ChannelSubsystem channelSubsystem = new ChannelSubsystem();
    private final Executor mainLoop;
    private final @Nullable ThreadPoolExecutor ownMainLoop;
    private final List<MachineListener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final GuestExecution execution;
    @GuardedBy("lock")
    private final Map<String, String> otherDevices = new HashMap<>(); // path by id or path
    @GuardedBy("lock")
    private int anonymousDevices;
    @GuardedBy("lock")
    private boolean closed;

    /** What {@link MachineStart} has decided. */
    S390Machine(QemuHost host, QemuMessages messages, MachineStart.Parts parts, @Nullable Executor mainLoop) {
        this.host = host;
        this.messages = messages;
        this.cpuModel = parts.cpuModel();
        this.isS390 = parts.isS390();
        this.objects = parts.objects();
        this.vm = parts.vm();
        this.apBridge = isS390 && cpuModel.has(CpuFeature.AP) ? new ApBridge() : null;
        KvmGuest guest = vm == null ? null : vm.guest();
        ChannelSubsystem reports = channelSubsystem;
        this.execution = new GuestExecution(lock, host.version(), apBridge, () -> virtualMachine(guest, reports));
        HostAccess access = host.access();
        this.vfio = access == null
                ? null
                : new HostVfio(access, vm, parts.memoryBytes(), host.version());
        if (mainLoop == null) {
            ThreadPoolExecutor own = newMainLoop();
            this.ownMainLoop = own;
            this.mainLoop = own;
        } else {
            this.ownMainLoop = null;
            this.mainLoop = mainLoop;
        }
    }

    private static ApPlatform virtualMachine(@Nullable KvmGuest guest, ChannelSubsystem reports) {
        if (guest == null) {
            throw new IllegalStateException("this machine does not run under KVM");
        }
        return guest.platform().reportedBy(reports::connect);
    }

    private static ThreadPoolExecutor newMainLoop() {
        return new ThreadPoolExecutor(0, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "qemu-main-loop");
            thread.setDaemon(true);
            return thread;
        }, new ThreadPoolExecutor.DiscardPolicy()); // events that come after the end are for nobody
    }

    /**
     * Starts QEMU with a main loop of its own.
     *
     * @throws QemuExit it ended instead, with what it printed
     */
    public static S390Machine start(QemuHost host, QemuCommandLine line) throws QemuExit {
        return MachineStart.start(host, line, null);
    }

    /**
     * Starts QEMU.
     *
     * @param mainLoop runs what the kernel's events ask for, one after the other and not on the calling thread: the
     *     caller holds locks of the kernel
     * @throws QemuExit it ended instead, with what it printed
     */
    public static S390Machine start(QemuHost host, QemuCommandLine line, Executor mainLoop) throws QemuExit {
        return MachineStart.start(host, line, mainLoop);
    }

    /** Returns what QEMU printed. */
    public QemuMessages messages() {
        return messages;
    }

    /** Returns the AP bridge, null if the CPUs have no AP. */
    public @Nullable ApBridge apBridge() {
        return apBridge;
    }

    /** Returns the channel subsystem that the guest sees. */
    public ChannelSubsystem channelSubsystem() {
        return channelSubsystem;
    }

    /** Returns the virtual machine under KVM; null under TCG, or if the host is not looked at. */
    public @Nullable KvmGuest guest() {
        return vm == null ? null : vm.guest();
    }

    /**
     * Returns what the guest's operating system is booted on; always the same.
     *
     * @throws IllegalStateException if there is no virtual machine
     */
    public ApPlatform platform() {
        return execution.platform();
    }

    /** Returns whether and where the guest executes. */
    public GuestExecution execution() {
        return execution;
    }

    /** Listens to QMP's events until the returned handle is closed. */
    public AutoCloseable onEvent(MachineListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /**
     * Plugs a device into the running machine: QMP {@code device_add}.
     *
     * @throws QemuException QMP's error: the same texts as for {@code -device}
     */
    public void deviceAdd(DeviceOptions options) throws QemuException {
        String id = options.id();
        if (id != null && !OptionText.isIdentifier(id)) {
            throw new QemuException("Parameter 'id' expects an identifier");
        }
        add(options, QemuOption.Place.NONE);
    }

    void add(DeviceOptions options, QemuOption.Place warningPlace) throws QemuException {
        lock.lock();
        try {
            String driver = options.driver();
            if (driver == null) {
                throw new QemuException("Parameter 'driver' is missing");
            }
            if (driver.equals("vfio_ap") && host.version().has(QemuPolicy.UNDERSCORE_NAME)) {
                driver = DeviceTypes.VFIO_AP; // the specification writes it both ways
            }
            DeviceTypes.requirePluggable(driver);
            boolean isVfioAp = driver.equals(DeviceTypes.VFIO_AP);
            ApBridge bridge = isVfioAp ? MachineBuses.forVfioAp(options.bus(), apBridge, isS390) : null;
            if (!isVfioAp) {
                MachineBuses.forOther(options.bus(), apBridge, isS390);
            }
            String id = options.id();
            if (id != null && hasDevice(id)) {
                throw new QemuException("Duplicate device ID '" + id + "'");
            }
            String path = id != null ? PERIPHERAL + id : ANONYMOUS + anonymousDevices + "]";
            if (bridge != null) {
                plug(new VfioApDevice(options, path, objects, host.version(), messages), bridge, warningPlace);
            } else {
                otherDevices.put(id != null ? id : path, path);
            }
            if (id == null) {
                anonymousDevices++;
            }
        } finally {
            lock.unlock();
        }
    }

    private void plug(VfioApDevice device, ApBridge bridge, QemuOption.Place warningPlace) throws QemuException {
        HostVfio reached = vfio;
        if (reached != null) {
            device.realize(reached);
        } else {
            device.realizeNowhere();
        }
        bridge.plug(device);
        device.connectEvents(warningPlace, () -> mainLoop.execute(() -> unplug(device)),
                () -> mainLoop.execute(channelSubsystem::apConfigurationChanged));
    }

    @GuardedBy("lock")
    private boolean hasDevice(String id) {
        VfioApDevice device = apBridge == null ? null : apBridge.device();
        return otherDevices.containsKey(id) || device != null && id.equals(device.id());
    }

    /**
     * Takes a device out of the running machine: QMP {@code device_del}. It is gone when this returns, and the event was
     * sent.
     *
     * @param id its id, or its path
     * @throws QemuException no device has it
     */
    public void deviceDel(String id) throws QemuException {
        lock.lock();
        try {
            VfioApDevice device = apBridge == null ? null : apBridge.device();
            if (device != null && (id.equals(device.id()) || id.equals(device.path()))) {
                unplug(device);
                return;
            }
            String key = id.startsWith(PERIPHERAL) ? id.substring(PERIPHERAL.length()) : id;
            String path = otherDevices.remove(key);
            if (path == null) {
                throw new QemuException("Device '" + id + "' not found", null,
                        QemuException.ErrorClass.DEVICE_NOT_FOUND);
            }
            sendDeleted(path.startsWith(PERIPHERAL) ? key : null, path);
        } finally {
            lock.unlock();
        }
    }

    private void unplug(VfioApDevice device) {
        lock.lock();
        try {
            ApBridge bridge = apBridge;
            if (bridge == null || bridge.device() != device) {
                return; // another request came first
            }
            device.unrealize();
            bridge.plug(null);
            sendDeleted(device.id(), device.path());
        } finally {
            lock.unlock();
        }
    }

    private void sendDeleted(@Nullable String id, String path) {
        listeners.forEach(listener -> listener.onDeviceDeleted(id, path));
    }

    /** Resets the machine. Whatever the kind, the queues of the guest's device are reset. */
    public void reset(ResetKind kind) {
        lock.lock();
        try {
            channelSubsystem.reset();
            ApBridge bridge = apBridge;
            if (bridge != null) {
                bridge.reset();
            }
            listeners.forEach(listener -> listener.onReset(kind));
        } finally {
            lock.unlock();
        }
    }

    /** Ends QEMU: devices are closed, then the virtual machine. Does nothing the second time. */
    @Override
    public void close() {
        lock.lock();
        try {
            ApBridge bridge = apBridge;
            VfioApDevice device = bridge == null ? null : bridge.device();
            if (bridge != null && device != null) {
                device.unrealize();
                bridge.plug(null);
            }
            if (vfio != null) {
                vfio.close();
            }
            if (vm != null && !closed) {
                vm.close();
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        if (ownMainLoop != null) {
            ownMainLoop.shutdown();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;

/**
 * The open file of a virtual machine. The machine lives until the last of its file, its KVM-VFIO device and the VFIO
 * devices that it uses is closed. Source: Linux {@code virt/kvm/kvm_main.c}, {@code kvm_vm_ioctl}.
 */
public final class KvmVm implements OpenFile {
    private static final int CREATE_VCPU = 0xae41;
    private static final int SET_USER_MEMORY_REGION = 0x4020ae46;
    private static final int CHECK_EXTENSION = 0xae03;
    private static final int CREATE_DEVICE = 0xc00caee0;
    private static final int SET_DEVICE_ATTR = 0x4018aee1;
    private static final int GET_DEVICE_ATTR = 0x4018aee2;
    private static final int HAS_DEVICE_ATTR = 0x4018aee3;
    private static final int ATTR_LENGTH = 24;
    private static final int CREATE_DEVICE_TEST = 1;

    private final Kvm kvm;
    private final int processId;
    private final KvmGuest guest;
    @GuardedBy("this")
    private final Set<Long> cpuNumbers = new HashSet<>();
    @GuardedBy("this")
    private String statsPath = "";
    @GuardedBy("this")
    private boolean hasDebugArea;
    @GuardedBy("this")
    private final Set<Integer> deviceTypes = new HashSet<>();
    @GuardedBy("this")
    private int references = 1;

    KvmVm(Kvm kvm, int processId, KvmGuest guest) {
        this.kvm = kvm;
        this.processId = processId;
        this.guest = guest;
    }

    /** Returns the virtual machine itself. */
    public KvmGuest guest() {
        return guest;
    }

    int processId() {
        return processId;
    }

    synchronized String statsPath() {
        return statsPath;
    }

    synchronized void statsPath(String path) {
        statsPath = path;
    }

    synchronized boolean hasDebugArea() {
        return hasDebugArea;
    }

    synchronized void hasDebugArea(boolean has) {
        hasDebugArea = has;
    }

    /** Somebody else uses the machine, which lives on until he drops it. */
    public synchronized void hold() {
        references++;
    }

    /** Takes one {@link #hold} back. */
    public void drop() {
        boolean last;
        synchronized (this) {
            last = --references == 0;
        }
        if (last) {
            kvm.destroyed(this);
        }
    }

    /**
     * Holds the machine for a device of a type that it can have once.
     *
     * @param type {@code enum kvm_device_type}
     * @throws ErrnoException EBUSY: it has one
     */
    public synchronized void holdForOnly(int type) throws ErrnoException {
        if (!deviceTypes.add(type)) {
            throw new ErrnoException(Errno.EBUSY, "the virtual machine has a device of type " + type);
        }
        hold();
    }

    @Override
    public void close() {
        drop();
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case CREATE_DEVICE -> {
                ByteBuffer block = argument.block(12);
                Kvm.KvmDevice type = kvm.deviceType(block.getInt(0));
                if ((block.getInt(8) & CREATE_DEVICE_TEST) == 0) {
                    block.putInt(4, argument.files().install(type.create(this)));
                }
                return 0;
            }
            case CREATE_VCPU -> {
                synchronized (this) {
                    if (!cpuNumbers.add(argument.value())) {
                        throw new ErrnoException(Errno.EEXIST, "CPU " + argument.value() + " exists");
                    }
                }
                return argument.files().install(new CpuFile(guest.newCpu()));
            }
            case SET_USER_MEMORY_REGION, CHECK_EXTENSION -> {
                return 0;
            }
            case SET_DEVICE_ATTR, GET_DEVICE_ATTR, HAS_DEVICE_ATTR -> {
                return attribute(request, argument.block(ATTR_LENGTH));
            }
            default -> throw new ErrnoException(Errno.ENOTTY, "VM ioctl 0x" + Integer.toHexString(request));
        }
    }

    /** Attributes of the machine itself: whether its guests may use AP instructions, and protected keys. */
    private int attribute(int request, ByteBuffer block) throws ErrnoException {
        int group = block.getInt(4);
        long wide = block.getLong(8);
        int number = wide == (int) wide ? (int) wide : -1; // no attribute has a number that large
        switch (request) {
            case SET_DEVICE_ATTR -> guest.setAttribute(group, number);
            case GET_DEVICE_ATTR -> guest.getAttribute(group, number);
            default -> guest.hasAttribute(group, number);
        }
        return 0;
    }

    private record CpuFile(KvmCpu cpu) implements OpenFile {}
}

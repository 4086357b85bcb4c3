// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.Mutex;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Device;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsText;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One mediated device: {@code PARENT/UUID}. Source: Linux {@code drivers/vfio/mdev/mdev_private.h},
 * {@code struct mdev_device}.
 */
public final class MdevDevice extends Device {
    private static final AttributeGroup<MdevDevice> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.wo("remove", MdevDevice::storeRemove));

    /** How far a device has come. */
    enum State {
        /** Being created. */
        INACTIVE,
        /** Complete. */
        ACTIVE,
        /** Being removed. */
        GOING
    }

    private final MdevType type;
    private final String uuid;
    private final EntryGroup typeLink;
    private final ReentrantLock lock = new Mutex();
    private volatile @Nullable Object driverData;
    private State state = State.INACTIVE; // guarded by the parent's list

    MdevDevice(MdevType type, String uuid) {
        super(type.parent().device().kernel(), type.parent().device());
        this.type = type;
        this.uuid = uuid;
        this.typeLink = EntryGroup.of("mdev_type",
                SysfsLink.between(type.parent().device().devpath() + '/' + uuid, type.devpath()));
    }

    /** Returns the UUID, in lower case. */
    @Override
    public String name() {
        return uuid;
    }

    @Override
    public MdevBus bus() {
        return type.parent().bus();
    }

    State state() {
        return state;
    }

    void state(State newState) {
        state = newState;
    }

    /** Returns what the bound driver keeps of this device, null if nothing. */
    public @Nullable Object driverData() {
        return driverData;
    }

    /** Sets what the bound driver keeps of this device. */
    public void driverData(@Nullable Object data) {
        driverData = data;
    }

    @Override
    protected boolean mayBeKept() {
        return !isGoing();
    }

    @Override
    public ReentrantLock deviceLock() {
        return lock;
    }

    /** The device is complete: user space may remove it from now on. */
    void activate() {
        addGroup(ATTRIBUTES.on(this));
        addGroup(typeLink);
    }

    /** The removal begins: the files by which user space could begin another one vanish first. */
    void deactivate() {
        removeGroup(typeLink);
        removeGroup(ATTRIBUTES.on(this));
    }

    /**
     * A write to {@code remove}: any number but 0 removes the device, and returns when no user is left.
     *
     * @throws ErrnoException EINVAL: not a number of 64 bits. ENODEV: the parent is going
     */
    private void storeRemove(String text) throws ErrnoException {
        boolean wanted;
        try {
            wanted = SysfsText.parseNumber(text) != 0;
        } catch (ErrnoException e) {
            throw new ErrnoException(Errno.EINVAL, String.valueOf(e.getMessage())); // whatever kstrtoul said
        }
        if (wanted) {
            type.parent().remove(this);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.Mutex;
import org.apvirt.device.Device;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The root device, {@code /sys/devices/ap}: its events are those of the bus as a whole. */
final class ApRoot extends Device {
    private final ApBus bus;
    private final ReentrantLock lock = new Mutex();

    ApRoot(ApBus bus) {
        super(bus.kernel(), null);
        this.bus = bus;
    }

    @Override
    public String name() {
        return "ap";
    }

    @Override
    public String subsystem() {
        return "ap";
    }

    @Override
    public ReentrantLock deviceLock() {
        return lock;
    }

    @Override
    protected boolean mayBeKept() {
        return true;
    }

    @Override
    protected Collection<? extends Device> children() {
        return bus.cards();
    }

    @Override
    protected @Nullable Device child(String childName) {
        return bus.device(childName) instanceof ApCard card ? card : null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApQueue;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A queue driver of the host itself: cex4queue and its ancestors. Source: Linux {@code zcrypt_cex4.c},
 * {@code zcrypt_cex4_queue_probe}; {@code zcrypt_queue.c}.
 */
final class ZcryptQueueDriver extends ZcryptDriver {
    private static final int CEX4 = 10;
    private static final List<SysfsAttribute<ZcryptQueue>> ATTRIBUTES = List.of(
            SysfsAttribute.rw("online", ZcryptQueue::showOnline, ZcryptQueue::storeOnline),
            SysfsAttribute.ro("load", zqueue -> zqueue.load() + "\n"));

    private static final SysfsAttribute<ZcryptQueue> CCA_MKVPS = SysfsAttribute.ro("mkvps",
            zqueue -> zqueue.card().info().cca(zqueue).mkvps());
    /** Source: Linux 6.1 {@code zcrypt_cex2c.c}, {@code cca_mkvps_show}. */
    private static final SysfsAttribute<ZcryptQueue> CEX2C_MKVPS = SysfsAttribute.ro("mkvps",
            zqueue -> zqueue.card().info().cca(zqueue).mkvpsWithoutAsymmetric());
    private static final SysfsAttribute<ZcryptQueue> EP11_MKVPS = SysfsAttribute.ro("mkvps",
            zqueue -> zqueue.card().info().ep11(zqueue).mkvps());
    private static final SysfsAttribute<ZcryptQueue> EP11_MODES = SysfsAttribute.ro("op_modes",
            zqueue -> Ep11CardInfo.modes(zqueue.card().info().ep11(zqueue).operationModes()));

    ZcryptQueueDriver(String name, KernelModule module, ZcryptModule zcrypt, Set<Integer> types) {
        super(name, module, zcrypt, ApQueue.class, types);
    }

    @Override
    protected void probe(ApDevice device) throws ErrnoException {
        ApQueue queue = (ApQueue) device;
        // Differs from Linux: without a bound card the kernel would follow a null pointer.
        if (!(queue.card().driverData() instanceof ZcryptCard zcard)) {
            throw new ErrnoException(Errno.ENODEV, queue.card().name() + " has no driver");
        }
        if (isOld(queue) && zcard.isCca()) {
            // The kernel then asks it for random numbers, to learn whether it has any; not modelled.
            queue.bus().commands().rapq(queue.apqn(), false);
        }
        queue.start();
        ZcryptQueue zqueue = new ZcryptQueue(queue, zcard);
        queue.driverData(zqueue);
        zcard.add(zqueue);
        if (zcard.isCca()) {
            zcrypt.randomFeed().queueAdded();
        }
    }

    private static boolean isOld(ApQueue queue) {
        return queue.type() < CEX4;
    }

    @Override
    protected void remove(ApDevice device) {
        if (device.driverData() instanceof ZcryptQueue zqueue) {
            zqueue.card().remove(zqueue);
            if (zqueue.card().isCca()) {
                zcrypt.randomFeed().queueRemoved();
            }
        }
        device.driverData(null);
    }

    @Override
    protected void addDeviceEntries(ApDevice device, Map<String, SysfsNode> entries) {
        if (device.driverData() instanceof ZcryptQueue zqueue) {
            for (SysfsAttribute<ZcryptQueue> attribute : ATTRIBUTES) {
                entries.put(attribute.name(), attribute.on(zqueue));
            }
            if (zqueue.card().showsCca()) {
                entries.put("mkvps", (isOld(zqueue.queue()) ? CEX2C_MKVPS : CCA_MKVPS).on(zqueue));
            } else if (zqueue.card().showsEp11()) {
                entries.put("mkvps", EP11_MKVPS.on(zqueue));
                entries.put("op_modes", EP11_MODES.on(zqueue));
            }
        }
    }

    @Override
    protected @Nullable SysfsNode deviceEntry(ApDevice device, String entryName) {
        SysfsNode common = device.driverData() instanceof ZcryptQueue zqueue
                ? SysfsAttribute.find(ATTRIBUTES, entryName, zqueue)
                : null;
        return common != null ? common : super.deviceEntry(device, entryName);
    }
}

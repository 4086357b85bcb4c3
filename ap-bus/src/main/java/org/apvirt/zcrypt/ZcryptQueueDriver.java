// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApQueue;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;

/**
 * A queue driver of the host itself: cex4queue and its ancestors. Source: Linux {@code zcrypt_cex4.c},
 * {@code zcrypt_cex4_queue_probe}; {@code zcrypt_queue.c}.
 */
final class ZcryptQueueDriver extends ZcryptDriver {
    private static final int CEX4 = 10;
    private static final AttributeGroup<ZcryptQueue> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.rw("online", ZcryptQueue::showOnline, ZcryptQueue::storeOnline),
            SysfsAttribute.ro("load", zqueue -> zqueue.load() + "\n"));

    private static final AttributeGroup<ZcryptQueue> CCA = ATTRIBUTES
            .with(SysfsAttribute.ro("mkvps", zqueue -> zqueue.card().info().cca(zqueue).mkvps()));
    /** Source: Linux 6.1 {@code zcrypt_cex2c.c}, {@code cca_mkvps_show}. */
    private static final AttributeGroup<ZcryptQueue> OLD_CCA = ATTRIBUTES
            .with(SysfsAttribute.ro("mkvps", zqueue -> zqueue.card().info().cca(zqueue).mkvpsWithoutAsymmetric()));
    private static final AttributeGroup<ZcryptQueue> EP11 = ATTRIBUTES.with(
            SysfsAttribute.ro("mkvps", zqueue -> zqueue.card().info().ep11(zqueue).mkvps()),
            SysfsAttribute.ro("op_modes",
                    zqueue -> Ep11CardInfo.modes(zqueue.card().info().ep11(zqueue).operationModes())));

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
        queue.addGroup(attributes(zqueue));
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
            device.removeGroup(attributes(zqueue));
            zqueue.card().remove(zqueue);
            if (zqueue.card().isCca()) {
                zcrypt.randomFeed().queueRemoved();
            }
        }
        device.driverData(null);
    }

    private static EntryGroup attributes(ZcryptQueue zqueue) {
        AttributeGroup<ZcryptQueue> group = ATTRIBUTES;
        if (zqueue.card().showsCca()) {
            group = isOld(zqueue.queue()) ? OLD_CCA : CCA;
        } else if (zqueue.card().showsEp11()) {
            group = EP11;
        }
        return group.on(zqueue);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApCard;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Driver;
import org.apvirt.host.Host;
import org.apvirt.machine.AdapterNames;
import org.apvirt.mdev.MdevBus;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.plan.MatrixPicture;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.vfioap.ApMatrix;
import org.apvirt.vfioap.MatrixMdev;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Looks at a running machine without waiting: no lock of the kernel is taken that somebody may hold while he waits for a
 * reset. So each part is as it is at its own moment.
 */
final class MachineView {
    private final SimulatedMachine machine;
    private final Host host;
    private final Guests guests;

    MachineView(SimulatedMachine machine, Host host, Guests guests) {
        this.machine = machine;
        this.host = host;
        this.guests = guests;
    }

    List<CardStatus> cards() {
        List<CardStatus> cards = new ArrayList<>();
        machine.adapterMask().forEach(apid -> {
            SimulatedAdapter adapter = machine.findAdapter(apid);
            if (adapter != null) {
                cards.add(card(adapter));
            }
        });
        return cards;
    }

    CardStatus card(SimulatedAdapter adapter) {
        AdapterSpec spec = adapter.spec();
        ApBus bus = host.bus();
        return new CardStatus(spec.apid(), AdapterNames.name(spec), spec.depth(),
                spec.serial(), spec.configured(), spec.checkstopped(),
                bus != null && bus.card(spec.apid()) != null);
    }

    List<QueueStatus> queues() {
        List<QueueStatus> queues = new ArrayList<>();
        ApBus bus = host.bus();
        if (bus == null) {
            return queues;
        }
        Owners owners = new Owners();
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            ApCard card = bus.card(apid);
            for (int apqi = 0; card != null && apqi < ApMask.BITS; apqi++) {
                ApQueue queue = card.queue(apqi);
                if (queue != null) {
                    queues.add(owners.statusOf(queue));
                }
            }
        }
        return queues;
    }

    /** Returns who has each queue that the machine could have. */
    MatrixPicture picture() {
        List<String> names = guests.list().stream().filter(guest -> guest.mdev() != null).map(GuestStatus::name)
                .toList();
        List<Integer> domains = machine.usageDomains().ids().boxed().toList();
        Map<Integer, char[]> rows = new TreeMap<>();
        machine.adapterMask().forEach(apid -> {
            char[] row = new char[domains.size()];
            Arrays.fill(row, MatrixPicture.NONE);
            rows.put(apid, row);
        });
        int[] columns = new int[ApMask.BITS];
        Arrays.fill(columns, -1);
        for (int i = 0; i < domains.size(); i++) {
            columns[domains.get(i)] = i;
        }
        for (QueueStatus queue : queues()) {
            char[] row = rows.get(queue.apqn().apid());
            int column = columns[queue.apqn().apqi()];
            if (row != null && column >= 0) {
                row[column] = letter(queue, names);
            }
        }
        return new MatrixPicture(List.copyOf(rows.keySet()), domains, names,
                rows.values().stream().map(String::new).toList());
    }

    private static char letter(QueueStatus queue, List<String> names) {
        if (queue.checkstopped()) {
            return MatrixPicture.CHECKSTOPPED;
        }
        if (!queue.configured()) {
            return MatrixPicture.OFFLINE;
        }
        String guest = queue.guest();
        if (guest != null && !"vfio_ap".equals(queue.driver())) {
            return MatrixPicture.CONFLICT; // granted to a guest, but not vfio_ap's
        }
        return switch (queue.owner()) {
            case HOST -> MatrixPicture.HOST;
            case VFIO_AP -> MatrixPicture.RESERVED;
            case NOBODY -> MatrixPicture.NOBODY;
            case GUEST -> MatrixPicture.guest(guest == null ? 0 : Math.max(0, names.indexOf(guest)));
        };
    }

    @Nullable
    QueueStatus queue(Apqn apqn) {
        ApBus bus = host.bus();
        ApQueue queue = bus == null ? null : bus.queue(apqn);
        return queue == null ? null : new Owners().statusOf(queue);
    }

    /** Who has what, gathered once for all queues. */
    private final class Owners {
        private final Map<String, ApMatrix> assigned = new HashMap<>();
        private final List<GuestStatus> running = guests.list();
        private final Map<Apqn, Integer> responses = machine.responses();

        Owners() {
            if (host.kernel().bus("mdev") instanceof MdevBus mdevs) {
                for (MdevDevice device : mdevs.devices()) {
                    MatrixMdev matrix = MatrixMdev.of(device);
                    if (matrix != null) {
                        assigned.put(matrix.uuid(), matrix.assigned());
                    }
                }
            }
        }

        QueueStatus statusOf(ApQueue queue) {
            Apqn apqn = queue.apqn();
            Driver<?> driver = queue.driver();
            String guest = null;
            String mdev = null;
            for (GuestStatus candidate : running) {
                if (candidate.mdev() != null && candidate.adapters().contains(apqn.apid())
                        && candidate.domains().contains(apqn.apqi())) {
                    guest = candidate.name();
                    mdev = candidate.mdev();
                }
            }
            for (Map.Entry<String, ApMatrix> candidate : assigned.entrySet()) {
                if (mdev == null && candidate.getValue().contains(apqn)) {
                    mdev = candidate.getKey();
                }
            }
            return new QueueStatus(apqn, owner(driver, guest), driver == null ? null : driver.name(), mdev, guest,
                    queue.isConfigured(), queue.isCheckstopped(), responses.get(apqn));
        }

        private static QueueStatus.Owner owner(@Nullable Driver<?> driver, @Nullable String guest) {
            if (guest != null) {
                return QueueStatus.Owner.GUEST;
            }
            if (driver == null) {
                return QueueStatus.Owner.NOBODY;
            }
            return driver.name().equals("vfio_ap") ? QueueStatus.Owner.VFIO_AP : QueueStatus.Owner.HOST;
        }
    }
}

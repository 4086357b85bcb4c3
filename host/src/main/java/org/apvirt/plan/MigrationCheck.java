// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Inventory;
import org.apvirt.vfioap.QueueMatch;

/**
 * Checks whether a guest can be migrated from one host to another, as the target's vfio_ap would ({@code MdevMigration}), but without
 * stopping at the first reason against it.
 */
public final class MigrationCheck {
    private static final ApHardwareInfo UNKNOWN = new ApHardwareInfo(0);

    private final MigrationHost source;
    private final MigrationHost target;
    private final String guest;
    private final Plan.Guest moved;
    private final List<Finding> findings = new ArrayList<>();

    private MigrationCheck(MigrationHost source, MigrationHost target, String guest) throws FileFormatException {
        this.source = source;
        this.target = target;
        this.guest = guest;
        this.moved = source.guest(guest);
    }

    /**
     * Returns what there is to say; no refusal: it can be migrated.
     *
     * @param guest name of a guest of the source's plan; of a {@code /sys} directory the UUID of its mediated device
     * @throws FileFormatException the source has no such guest
     */
    public static List<Finding> run(MigrationHost source, MigrationHost target, String guest)
            throws FileFormatException {
        MigrationCheck check = new MigrationCheck(source, target, guest);
        check.kernel(source);
        check.kernel(target);
        check.cards();
        check.domains();
        check.binding();
        check.reservation();
        check.sharing();
        check.notes();
        return List.copyOf(check.findings);
    }

    private void refuse(String reason, String problem, String remedy) {
        findings.add(Finding.refused(guest, reason, problem, remedy));
    }

    private void kernel(MigrationHost host) {
        if (!host.migrates()) {
            refuse("not migratable",
                    "the kernel of " + host.name() + " does not migrate guests with queues; only level next does",
                    "unplug its device, migrate it, plug the device of the other host");
        }
        if (!host.inventory().answersQci()) {
            refuse("no QCI",
                    host.name() + " cannot be asked for its AP configuration, so vfio_ap gives a guest nothing", "");
        }
    }

    private String number(int id, ApMask hexadecimal) {
        return Notation.like(id, hexadecimal, id);
    }

    private void cards() {
        Inventory there = target.inventory();
        for (int apid : moved.adapters().ids().toArray()) {
            String adapter = "adapter " + number(apid, moved.notation().adapters());
            ApHardwareInfo card = target.cards().get(apid);
            Inventory.Card seen = there.adapters().get(apid);
            if (apid > there.highestAdapter()) {
                refuse("ENODEV", adapter + " is above the highest of " + target.name() + ", " + there.highestAdapter(),
                        "");
            } else if (card == null || seen == null) {
                refuse("ENODEV", adapter + " does not exist on " + target.name(), "");
            } else {
                match(apid, adapter, card);
                if (!seen.configured()) {
                    note(adapter + " of " + target.name()
                            + " is deconfigured, so its queues are of no use to the guest");
                }
            }
        }
    }

    /** The cards are compared once for each adapter, by the rule for a queue: its queues are alike. */
    private void match(int apid, String adapter, ApHardwareInfo there) {
        ApHardwareInfo here = source.cards().getOrDefault(apid, UNKNOWN);
        Apqn any = new Apqn(apid, Math.max(moved.domains().next(0), 0));
        List<String> problems = new QueueMatch(any, here, there).problems();
        for (String problem : problems.isEmpty() ? problems : problems.subList(1, problems.size())) {
            refuse("EFAULT", adapter + ": " + problem, "");
        }
    }

    private void domains() {
        Inventory there = target.inventory();
        for (int domain : moved.domains().ids().toArray()) {
            String what = "domain " + number(domain, moved.notation().domains());
            if (domain > there.highestDomain()) {
                refuse("ENODEV", what + " is above the highest of " + target.name() + ", " + there.highestDomain(), "");
            } else if (!there.usageDomains().contains(domain)) {
                refuse("ENODEV", what + " does not exist on " + target.name(), "");
            }
        }
    }

    private ApMask adaptersThere() {
        return moved.adapters().and(ApMask.of(target.cards().keySet().stream().mapToInt(Integer::intValue).toArray()));
    }

    private void forEachThere(Consumer<Apqn> action) {
        ApMask domains = moved.domains().and(target.inventory().usageDomains());
        adaptersThere().forEach(apid -> domains.forEach(apqi -> action.accept(new Apqn(apid, apqi))));
    }

    private void binding() {
        Set<Apqn> bound = target.bound();
        if (bound != null) {
            forEachThere(apqn -> {
                if (!bound.contains(apqn)) {
                    findings.add(
                            new Finding(apqn, List.of(guest), "ENODEV", "is not bound to vfio_ap on " + target.name(),
                                    "reserve it there: echo -" + apqn.apid() + " > /sys/bus/ap/apmask"));
                }
            });
        }
    }

    private void reservation() {
        ApMask apmask = target.inventory().apmask();
        ApMask aqmask = target.inventory().aqmask();
        if (apmask != null && aqmask != null) {
            forEachThere(apqn -> {
                if (apmask.contains(apqn.apid()) && aqmask.contains(apqn.apqi())) {
                    findings.add(new Finding(apqn, List.of(guest), "EADDRNOTAVAIL",
                            "is reserved for the host by apmask and aqmask of "
                                    + target.name(),
                            "echo -" + apqn.apid() + " > /sys/bus/ap/apmask gives the whole adapter away"));
                }
            });
        }
    }

    private void sharing() {
        for (Map.Entry<String, Inventory.Owner> owner : target.inventory().owners().entrySet()) {
            taken("mdev " + owner.getKey(), owner.getKey(), owner.getValue().adapters(), owner.getValue().domains());
        }
        target.guests().forEach((name, other) -> taken(name, name, other.adapters(), other.domains()));
    }

    private void taken(String owner, String name, ApMask adapters, ApMask domains) {
        if (!name.equals(guest) && !name.equals("mdev " + source.devices().get(guest))) {
            adapters.and(moved.adapters()).forEach(apid -> domains.and(moved.domains()).forEach(apqi -> findings.add(
                    new Finding(new Apqn(apid, apqi), List.of(guest), "EADDRINUSE",
                            owner + " has it on " + target.name(),
                            "leave it to one of them"))));
        }
    }

    private void note(String text) {
        findings.add(Finding.note(guest, text, ""));
    }

    private void notes() {
        if (!moved.controlDomains().isEmpty()) {
            List<String> domains = moved.controlDomains().ids()
                    .mapToObj(id -> number(id, moved.notation().controlDomains()))
                    .toList();
            note((domains.size() == 1 ? "control domain " : "control domains ") + String.join(", ", domains)
                    + " will not travel: assign what it needs on " + target.name());
        }
    }
}

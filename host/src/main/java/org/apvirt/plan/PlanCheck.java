// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.apvirt.arch.ApMask;
import org.apvirt.machine.Inventory;

/**
 * Checks a plan as the kernel would check the assignments, but without stopping at the first conflict: each queue that
 * several want is named once, with all of them.
 */
public final class PlanCheck {
    private final Plan plan;
    private final Inventory inventory;
    private final List<Finding> findings = new ArrayList<>();

    private PlanCheck(Plan plan, Inventory inventory) {
        this.plan = plan;
        this.inventory = inventory;
    }

    /** Returns what there is to say, in the order of the plan; nothing if all is well. */
    public static List<Finding> run(Plan plan, Inventory inventory) {
        PlanCheck check = new PlanCheck(plan, inventory);
        plan.guests().forEach(check::limits);
        plan.guests().forEach(check::presence);
        plan.guests().forEach(check::query);
        check.sharing();
        check.reservation();
        return List.copyOf(check.findings);
    }

    private void refuse(String guest, String reason, String problem, String remedy) {
        findings.add(Finding.refused(guest, reason, problem, remedy));
    }

    private void limits(String name, Plan.Guest guest) {
        Notation notation = guest.notation();
        above(name, "adapter", guest.adapters(), inventory.highestAdapter(), notation.adapters());
        above(name, "domain", guest.domains(), inventory.highestDomain(), notation.domains());
        above(name, "control domain", guest.controlDomains(), inventory.highestDomain(), notation.controlDomains());
    }

    private void above(String name, String what, ApMask ids, int highest, ApMask hexadecimal) {
        ids.minus(ApMask.range(0, highest)).forEach(id -> refuse(name, "ENODEV",
                what + ' ' + Notation.like(id, hexadecimal, id) + " is above the machine's highest, "
                        + Notation.like(id, hexadecimal, highest),
                ""));
    }

    private void presence(String name, Plan.Guest guest) {
        Notation notation = guest.notation();
        for (int apid : guest.adapters().ids().toArray()) {
            Inventory.Card card = inventory.adapters().get(apid);
            if (card == null) {
                missing(name, "adapter", apid, List.copyOf(inventory.adapters().keySet()), notation.adapters());
            } else {
                usable(name, apid, "adapter " + Notation.like(apid, notation.adapters(), apid), card);
            }
        }
        for (int domain : guest.domains().minus(inventory.usageDomains()).ids().toArray()) {
            missing(name, "domain", domain, inventory.usageDomains().ids().boxed().toList(), notation.domains());
        }
        for (int domain : guest.controlDomains().minus(inventory.controlDomains()).ids().toArray()) {
            findings.add(Finding.note(name, "control domain "
                    + Notation.like(domain, notation.controlDomains(), domain)
                    + " is not on this machine and has no effect", ""));
        }
        if (guest.adapters().isEmpty() != guest.domains().isEmpty()) {
            findings.add(Finding.note(name, "has "
                    + (guest.domains().isEmpty() ? "adapters but no domains" : "domains but no adapters")
                    + ", so no queue", ""));
        }
    }

    private void usable(String name, int apid, String adapter, Inventory.Card card) {
        if (card.type().startsWith("CEX2") || card.type().startsWith("CEX3")) {
            refuse(name, "ENODEV", adapter + " is a " + card.type()
                    + "; only CEX4 and newer can be given to a guest", "");
        }
        if (!card.configured()) {
            findings.add(Finding.note(name, adapter + " is deconfigured, so its queues are of no use to the guest",
                    String.format("echo 1 > /sys/devices/ap/card%02x/config", apid)));
        }
        if (card.checkstopped()) {
            findings.add(Finding.note(name, adapter + " is checkstopped, so its queues are of no use to the guest",
                    ""));
        }
    }

    /** What nobody can tell the driver is not there for it: its filter leaves nothing of any matrix. */
    private void query(String name, Plan.Guest guest) {
        if (!inventory.answersQci()
                && !(guest.adapters().isEmpty() && guest.domains().isEmpty() && guest.controlDomains().isEmpty())) {
            refuse(name, "no QCI", "the machine cannot be asked for its AP configuration, so vfio_ap gives the guest"
                    + " nothing, whatever is assigned", "");
        }
    }

    /** The kernel accepts what is not there, but the guest would never see it: an administrator's mistake. */
    private void missing(String name, String what, int id, List<Integer> there, ApMask hexadecimal) {
        String known = there.stream().map(other -> Notation.like(id, hexadecimal, other))
                .collect(Collectors.joining(", "));
        refuse(name, "not on this machine", what + ' ' + Notation.like(id, hexadecimal, id)
                + " does not exist; the machine has " + (known.isEmpty() ? "none" : known), "");
    }

    private void sharing() {
        Contest contest = new Contest();
        inventory.owners().forEach((uuid, owner) -> contest.add("mdev " + uuid, owner.adapters(), owner.domains()));
        plan.guests().forEach((name, guest) -> contest.add(name, guest.adapters(), guest.domains()));
        contest.forEach(2, names -> names.size() == 2
                ? names.get(0) + " and " + names.get(1) + " both want it"
                : String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.get(names.size() - 1)
                        + " all want it",
                (queue, names, problem) -> findings.add(new Finding(queue, names, "EADDRINUSE", problem,
                        "leave it to one of them")));
    }

    private void reservation() {
        ApMask apmask = inventory.apmask();
        ApMask aqmask = inventory.aqmask();
        if (apmask == null || aqmask == null) {
            return;
        }
        Contest contest = new Contest();
        ApMask hexadecimal = ApMask.NONE;
        for (Map.Entry<String, Plan.Guest> guest : plan.guests().entrySet()) {
            contest.add(guest.getKey(), guest.getValue().adapters().and(apmask),
                    guest.getValue().domains().and(aqmask));
            hexadecimal = hexadecimal.or(guest.getValue().notation().adapters());
        }
        ApMask notation = hexadecimal;
        contest.forEach(1, names -> String.join(", ", names) + (names.size() == 1 ? " wants" : " want")
                + " it, but apmask and aqmask reserve it for the host",
                (queue, names, problem) -> findings.add(new Finding(queue, names, "EADDRNOTAVAIL", problem,
                        "echo -" + Notation.like(queue.apid(), notation, queue.apid())
                                + " > /sys/bus/ap/apmask gives the whole adapter away")));
    }
}

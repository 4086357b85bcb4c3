package org.apvirt.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.host.Inventory.Owner;

/**
 * Checks a plan as the kernel would check the assignments, but without stopping at the first conflict: each queue that two
 * want is named with both owners.
 */
public final class PlanCheck {
    /**
     * Something to know about a plan.
     *
     * @param errno what the kernel would answer, for example {@code EADDRINUSE}; empty if the kernel would not refuse
     * @param text one line
     */
    public record Finding(String errno, String text) {
        /** Tells whether the plan cannot work as it is. */
        public boolean isRefusal() {
            return !errno.isEmpty();
        }

        @Override
        public String toString() {
            return isRefusal() ? text + " (" + errno + ")" : "note: " + text;
        }
    }

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
        check.sharing();
        plan.guests().forEach(check::reservation);
        return List.copyOf(check.findings);
    }

    private void refuse(String errno, String text) {
        findings.add(new Finding(errno, text));
    }

    private void note(String text) {
        findings.add(new Finding("", text));
    }

    private void limits(String name, Plan.Guest guest) {
        above(name, "adapter", guest.adapters(), inventory.highestAdapter());
        above(name, "domain", guest.domains(), inventory.highestDomain());
        above(name, "control domain", guest.controlDomains(), inventory.highestDomain());
    }

    private void above(String name, String what, ApMask ids, int highest) {
        ids.minus(ApMask.range(0, highest)).forEach(id -> refuse("ENODEV",
                name + ": " + what + ' ' + id + " is above the machine's highest, " + highest));
    }

    private void presence(String name, Plan.Guest guest) {
        for (int apid : guest.adapters().ids().toArray()) {
            String type = inventory.adapters().get(apid);
            if (type == null) {
                missing(name, "adapter", hex2(apid), List.copyOf(inventory.adapters().keySet()), PlanCheck::hex2);
            } else if (type.startsWith("CEX2") || type.startsWith("CEX3")) {
                refuse("ENODEV", name + ": adapter " + hex2(apid) + " is a " + type
                        + "; only CEX4 and newer can be given to a guest");
            }
        }
        for (int domain : guest.domains().minus(inventory.usageDomains()).ids().toArray()) {
            missing(name, "domain", hex4(domain), inventory.usageDomains().ids().boxed().toList(), PlanCheck::hex4);
        }
        for (int domain : guest.controlDomains().minus(inventory.controlDomains()).ids().toArray()) {
            note(name + ": control domain " + hex4(domain) + " is not on this machine and has no effect");
        }
        if (guest.adapters().isEmpty() != guest.domains().isEmpty()) {
            note(name + ": has " + (guest.domains().isEmpty() ? "adapters but no domains" : "domains but no adapters")
                    + ", so no queue");
        }
    }

    /** The kernel accepts what is not there, but the guest would never see it: an administrator's mistake. */
    private void missing(String name, String what, String id, List<? extends Integer> there, IntFunction<String> form) {
        List<String> ids = new ArrayList<>();
        there.forEach(other -> ids.add(form.apply(other)));
        refuse("not on this machine", name + ": " + what + ' ' + id + " does not exist; the machine has "
                + (ids.isEmpty() ? "none" : String.join(" ", ids)));
    }

    private void sharing() {
        Map<String, Owner> owners = new LinkedHashMap<>();
        inventory.owners().forEach((uuid, owner) -> owners.put("mdev " + uuid, owner));
        plan.guests().forEach((name, guest) -> {
            Owner wanted = new Owner(guest.adapters(), guest.domains());
            owners.forEach((other, owner) -> conflicts(name, wanted, other, owner));
            owners.put(name, wanted);
        });
    }

    private void conflicts(String name, Owner wanted, String other, Owner owner) {
        ApMask domains = wanted.domains().and(owner.domains());
        wanted.adapters().and(owner.adapters()).forEach(apid -> domains.forEach(apqi -> refuse("EADDRINUSE",
                new Apqn(apid, apqi) + ": " + other + " and " + name + " both want it")));
    }

    private void reservation(String name, Plan.Guest guest) {
        ApMask apmask = inventory.apmask();
        ApMask aqmask = inventory.aqmask();
        if (apmask != null && aqmask != null) {
            ApMask domains = guest.domains().and(aqmask);
            guest.adapters().and(apmask).forEach(apid -> domains.forEach(apqi -> refuse("EADDRNOTAVAIL",
                    new Apqn(apid, apqi) + ": " + name + " wants it, but apmask and aqmask reserve it for the host ("
                            + "echo -" + apid + " > /sys/bus/ap/apmask gives the whole adapter away)")));
        }
    }

    private static String hex2(int id) {
        return String.format("%02x", id);
    }

    private static String hex4(int id) {
        return String.format("%04x", id);
    }
}

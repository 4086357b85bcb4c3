// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.List;
import java.util.TreeSet;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.apvirt.running.Change.Action;
import org.apvirt.running.Change.Kind;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What can be done to a running machine from outside: its hardware changes under the kernel, as an operator does it, and its
 * kernel is asked for things, as root does it. A change of the hardware is done at once and never waits, whatever the
 * kernel waits for; the kernel notices it at its next scan. What the kernel does may wait ({@link #scan}, {@link #read},
 * {@link #write}, {@link #insmod}, {@link #rmmod}): run it as a {@link Jobs job} if somebody else is to be able to end
 * it. Thread-safe.
 */
public final class MachineControl {
    private final MachineFile file;
    private final SimulatedMachine machine;
    private final Host host;
    private final MachineFaults faults;
    private final Journal<Change> changes;
    private final Object hardware = new Object(); // one change at a time; held for nothing that waits

    MachineControl(MachineFile file, SimulatedMachine machine, Host host, MachineFaults faults,
            Journal<Change> changes) {
        this.file = file;
        this.machine = machine;
        this.host = host;
        this.faults = faults;
        this.changes = changes;
    }

    /**
     * Plugs in a card.
     *
     * @throws ControlException CONFLICT: there is a card with this number
     */
    public void plug(AdapterSpec card) throws ControlException {
        synchronized (hardware) {
            SimulatedAdapter present = machine.findAdapter(card.apid());
            if (present != null) {
                throw new ControlException(Reason.CONFLICT, "apid", "apid " + card.apid()
                        + ": the machine has a card of this number already (" + present.spec() + "); unplug it first");
            }
            machine.addAdapter(card);
        }
        changed(Kind.CARD, card.apid(), Action.ADDED);
    }

    /**
     * Takes a card out.
     *
     * @param apid its number, 0..255
     * @throws ControlException MISSING: there is none
     */
    public void unplug(int apid) throws ControlException {
        synchronized (hardware) {
            card(apid);
            machine.removeAdapter(apid);
        }
        changed(Kind.CARD, apid, Action.REMOVED);
    }

    /**
     * Configures a card on or off, as the operator does at the machine's console.
     *
     * @param apid its number, 0..255
     * @throws ControlException MISSING: there is none
     */
    public void configure(int apid, boolean on) throws ControlException {
        synchronized (hardware) {
            card(apid).change(spec -> spec.configured(on));
        }
        changed(Kind.CARD, apid, Action.CHANGED);
    }

    /**
     * Has a card fail, or recover.
     *
     * @param apid its number, 0..255
     * @throws ControlException MISSING: there is none
     */
    public void checkstop(int apid, boolean on) throws ControlException {
        synchronized (hardware) {
            card(apid).change(spec -> spec.checkstopped(on));
        }
        changed(Kind.CARD, apid, Action.CHANGED);
    }

    /**
     * Returns a card.
     *
     * @param apid its number, 0..255
     * @throws ControlException MISSING: there is none, with those there are
     */
    public SimulatedAdapter card(int apid) throws ControlException {
        SimulatedAdapter card = machine.findAdapter(apid);
        if (card == null) {
            ApMask there = machine.adapterMask();
            throw new ControlException(Reason.MISSING, "apid",
                    "apid " + apid + ": the machine has no card of this number"
                            + (there.isEmpty() ? " and no other" : " (it has " + list(there) + ")"));
        }
        return card;
    }

    private static String list(ApMask ids) {
        StringBuilder text = new StringBuilder();
        ids.forEach(id -> text.append(text.isEmpty() ? "" : ", ").append(id));
        return text.toString();
    }

    /**
     * A usage domain joins the machine.
     *
     * @param domain its number, 0..255
     * @throws ControlException CONFLICT: the machine has it
     */
    public void joinDomain(int domain) throws ControlException {
        synchronized (hardware) {
            ApMask there = machine.usageDomains();
            if (there.contains(domain)) {
                throw new ControlException(Reason.CONFLICT, "domain",
                        "domain " + domain + ": the machine has this usage domain already");
            }
            machine.setUsageDomains(there.with(domain));
        }
        changed(Kind.DOMAIN, domain, Action.ADDED);
    }

    /**
     * A usage domain leaves the machine.
     *
     * @param domain its number, 0..255
     * @throws ControlException MISSING: the machine does not have it
     */
    public void leaveDomain(int domain) throws ControlException {
        synchronized (hardware) {
            ApMask there = machine.usageDomains();
            if (!there.contains(domain)) {
                throw new ControlException(Reason.MISSING, "domain",
                        "domain " + domain + ": the machine has no such usage domain"
                                + (there.isEmpty() ? "" : " (it has " + list(there) + ")"));
            }
            machine.setUsageDomains(there.without(domain));
        }
        changed(Kind.DOMAIN, domain, Action.REMOVED);
    }

    /** Reports to the kernel that the configuration changed: it scans at once, not when its timer runs out. */
    public void reportChange() {
        machine.reportConfigurationChange();
    }

    private void changed(Kind kind, int id, Action action) {
        changes.add(new Change(kind, Integer.toString(id), action));
    }

    /**
     * Lets the AP bus look at once; else it looks every {@code config_time} seconds. Waits for a scan that runs.
     *
     * @return whether the configuration had changed
     * @throws ErrnoException ENODEV: the machine has no AP instructions
     */
    public boolean scan() throws ErrnoException {
        ApBus bus = host.bus();
        if (bus == null) {
            throw new ErrnoException(Errno.ENODEV, "the machine has no AP instructions");
        }
        return bus.scan();
    }

    /**
     * Reads an attribute.
     *
     * @throws ErrnoException as {@link Host#read}
     */
    public String read(String path) throws ErrnoException {
        return host.read(path);
    }

    /**
     * Lists a directory of the host's tree.
     *
     * @return the names in order, null: it is no directory
     * @throws ErrnoException ENOENT: no such entry. ENOTDIR: a part of the path is no directory
     */
    public @Nullable List<String> list(String path) throws ErrnoException {
        return host.files().node(path) instanceof SysfsDirectory directory
                ? List.copyOf(new TreeSet<>(directory.names()))
                : null;
    }

    /**
     * Writes an attribute.
     *
     * @return the number of bytes taken
     * @throws ErrnoException as {@link Host#write}
     */
    public int write(String path, String text) throws ErrnoException {
        return host.write(path, text);
    }

    /**
     * Loads a module.
     *
     * @throws ErrnoException as {@link Host#insmod}
     */
    public void insmod(String module) throws ErrnoException {
        host.insmod(module);
        changes.add(new Change(Kind.MODULE, module, Action.ADDED));
    }

    /**
     * Unloads a module.
     *
     * @throws ErrnoException as {@link Host#rmmod}
     */
    public void rmmod(String module) throws ErrnoException {
        host.rmmod(module);
        changes.add(new Change(Kind.MODULE, module, Action.REMOVED));
    }

    /** Returns the machine as it is now, as a machine file. */
    public String describe() {
        return file.describe(machine, faults.ofAttributes());
    }
}

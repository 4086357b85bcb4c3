// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApMask;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.qemu.S390Machine;
import org.apvirt.running.Change.Action;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The guests that are there, by name, and what each of them is at. Its monitor guards the fields of every {@link Guest};
 * nobody waits in it, and each change is told to the journal. Once a guest is stopping, nothing of it changes any more.
 */
final class GuestRegistry {
    private static final int FIRST_PROCESS = 1000; // what the kernel's log calls the QEMU processes

    private final Journal<Change> changes;
    @GuardedBy("this")
    private final Map<String, Guest> guests = new TreeMap<>();
    @GuardedBy("this")
    private int started;

    GuestRegistry(Journal<Change> changes) {
        this.changes = changes;
    }

    /**
     * Takes in a guest that starts.
     *
     * @return what the kernel's log calls its process
     * @throws ControlException CONFLICT: the name is taken
     */
    int add(Guest guest) throws ControlException {
        int process;
        synchronized (this) {
            if (guests.containsKey(guest.name)) {
                throw conflict(guest.name, "a guest of this name runs already");
            }
            guests.put(guest.name, guest);
            process = FIRST_PROCESS + started++;
        }
        tell(guest, Action.ADDED);
        return process;
    }

    /** Its virtual machine is there; then is what the guest does from now on. */
    void started(Guest guest, S390Machine vm, State then) {
        synchronized (this) {
            guest.machine = vm;
            guest.state = then;
        }
        tell(guest, Action.CHANGED);
    }

    /**
     * Returns a guest that neither starts, travels nor ends.
     *
     * @throws ControlException MISSING: there is no such guest. CONFLICT: it is at something
     */
    synchronized Guest running(String name) throws ControlException {
        Guest guest = guests.get(name);
        if (guest == null) {
            throw missing(name);
        }
        if (guest.state != State.RUNNING) {
            throw conflict(name, "the guest is " + guest.state + "; see 'apvirt ctl jobs'");
        }
        return guest;
    }

    /** Returns a guest that is on its way from one machine to another. */
    synchronized Guest travelling(String name) throws ControlException {
        Guest guest = guests.get(name);
        if (guest != null && guest.isTravelling()) {
            return guest;
        }
        throw conflict(running(name).name, "the guest is not on its way anywhere");
    }

    synchronized S390Machine machineOf(Guest guest) throws ControlException {
        S390Machine vm = guest.machine;
        if (vm == null) {
            throw conflict(guest.name, "it is an LPAR, not a guest");
        }
        return vm;
    }

    /** A guest that runs, and whose kernel nobody serves, is something else from now on. */
    Guest begin(String name, State state) throws ControlException {
        Guest guest;
        synchronized (this) {
            guest = running(name);
            machineOf(guest);
            if (guest.stub != null) {
                throw conflict(name, "its kernel is a real one in QEMU TCG, which stays where it is; let go of it first"
                        + " (DELETE /v1/guests/" + name + "/stub)");
            }
            guest.state = state;
        }
        tell(guest, Action.CHANGED);
        return guest;
    }

    /** A guest is at something else, unless it is stopping. */
    void become(Guest guest, State state) {
        synchronized (this) {
            if (guest.state == State.STOPPING) {
                return;
            }
            guest.state = state;
        }
        tell(guest, Action.CHANGED);
    }

    /**
     * The kernel of a guest that runs is to be served by the caller, and by nobody else.
     *
     * @param stub where the kernel is
     * @throws ControlException MISSING: there is no such guest. CONFLICT: its kernel is served
     */
    synchronized Guest claim(String name, String stub) throws ControlException {
        Guest guest = running(name);
        if (guest.machine == null || guest.stub != null) {
            throw conflict(name, "somebody serves its kernel");
        }
        guest.stub = stub;
        return guest;
    }

    /** As {@link #claim} of the guest of that name; if there is none, this one is added: an LPAR, without a virtual machine. */
    Guest claimOrAdd(Guest lpar, String stub) throws ControlException {
        synchronized (this) {
            if (guests.containsKey(lpar.name)) {
                return claim(lpar.name, stub);
            }
            guests.put(lpar.name, lpar);
        }
        tell(lpar, Action.ADDED);
        return lpar;
    }

    /** The kernel of a guest was not there; an LPAR is nothing without it. */
    void giveUp(Guest guest) {
        boolean lpar;
        synchronized (this) {
            guest.stub = null;
            lpar = guest.machine == null;
        }
        if (lpar) {
            forget(guest);
        }
    }

    /**
     * The kernel of a guest is served from now on.
     *
     * @return false: the guest has ended meanwhile, so that nobody will let go of its kernel
     */
    boolean attached(Guest guest, AttachedGuest real) {
        synchronized (this) {
            if (guest.state == State.STOPPING) {
                return false;
            }
            guest.real = real;
            guest.state = State.RUNNING;
        }
        tell(guest, Action.CHANGED);
        return true;
    }

    /** Nobody serves the kernel of a guest any more; returns who did, and whose end is not the guest's now. */
    synchronized @Nullable AttachedGuest release(String name) throws ControlException {
        Guest guest = running(name);
        AttachedGuest real = guest.real;
        if (real != null) {
            guest.real = null;
            guest.stub = null;
        }
        return real;
    }

    /** Returns the guest of that name, which the caller has to end; null: there is none of the kind, or somebody ends it. */
    @Nullable
    Guest ending(String name, Predicate<? super Guest> kind) {
        Guest guest;
        synchronized (this) {
            guest = guests.get(name);
            if (guest == null || guest.state == State.STOPPING || !kind.test(guest)) {
                return null;
            }
            guest.state = State.STOPPING;
        }
        tell(guest, Action.CHANGED);
        return guest;
    }

    /** Returns the guest of that name, which runs or travels, and which the caller has to end. */
    Guest stopping(String name) throws ControlException {
        Guest guest;
        synchronized (this) {
            Guest there = guests.get(name);
            guest = there != null && there.isTravelling() ? there : running(name);
            guest.state = State.STOPPING;
        }
        tell(guest, Action.CHANGED);
        return guest;
    }

    /** A guest has ended, or has never come. */
    void forget(Guest guest) {
        boolean removed;
        synchronized (this) {
            removed = guests.remove(guest.name, guest);
        }
        if (removed) {
            tell(guest, Action.REMOVED);
        }
    }

    /** Returns all guests as they are now, by name. */
    synchronized List<GuestStatus> list(ApMask adapters, ApMask domains, ApMask controlDomains) {
        List<GuestStatus> found = new ArrayList<>();
        for (Guest guest : guests.values()) {
            found.add(guest.status(adapters, domains, controlDomains));
        }
        return found;
    }

    /** Something of a guest is not as it was. */
    void changed(String name) {
        changes.add(new Change(Change.Kind.GUEST, name, Action.CHANGED));
    }

    private void tell(Guest guest, Action action) {
        changes.add(new Change(Change.Kind.GUEST, guest.name, action));
    }

    private synchronized ControlException missing(String name) {
        return new ControlException(Reason.MISSING, "name", "name '" + name + "': no guest of this name runs"
                + (guests.isEmpty() ? "" : "; these do: " + String.join(", ", guests.keySet())));
    }

    private static ControlException conflict(String name, String why) {
        return new ControlException(Reason.CONFLICT, "name", "name '" + name + "': " + why);
    }
}

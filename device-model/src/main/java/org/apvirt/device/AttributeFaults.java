// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apvirt.arch.Completion;
import org.apvirt.arch.Occurrences;
import org.apvirt.arch.Time;

/** The faults that wait for reads and writes of a kernel's attributes. While there is none, an access pays one volatile read. */
public final class AttributeFaults {
    /**
     * A fault that was injected and not taken back.
     *
     * @param fault what goes wrong, without what it had counted before it was injected
     * @param counted what it has seen and hit so far
     * @param lifted ends the waiting of those that it delays
     */
    public record Injected(AttributeFault fault, Occurrences counted, Completion lifted) {
        /** Returns a fault that goes on from here. */
        public AttributeFault soFar(long nowNanos) {
            return fault.when(fault.when().after(counted.counted(nowNanos)));
        }
    }

    private final Time time;
    private final List<Injected> injected = new CopyOnWriteArrayList<>();

    AttributeFaults(Time time) {
        this.time = time;
    }

    /** Has reads or writes go wrong from now on. */
    public void inject(AttributeFault fault) {
        injected.add(new Injected(fault.when(fault.when().after(null)), new Occurrences(fault.when(), time.nanos()),
                new Completion(time)));
    }

    /** Returns those that were not taken back. */
    public List<Injected> list() {
        return List.copyOf(injected);
    }

    /**
     * Takes one back; whoever it delays goes on.
     *
     * @return whether it was there
     */
    public boolean lift(Injected fault) {
        fault.lifted().complete();
        return injected.removeIf(one -> one.counted() == fault.counted());
    }

    /** Takes all back. */
    public void clear() {
        injected.forEach(this::lift);
    }

    /**
     * A program is about to read or write an attribute.
     *
     * @param place the names from the root, without links
     * @param tree where links lead
     * @throws ErrnoException what a fault makes of it; EINTR: a signal ended the delay
     */
    void arrive(SysfsTree tree, List<String> place, AttributeFault.Access access) throws ErrnoException {
        for (Injected candidate : injected) {
            AttributeFault fault = candidate.fault();
            AttributeFault.Access only = fault.access();
            if ((only == null || only == access) && fault.means(place, tree)
                    && candidate.counted().next(0, time.nanos()) != Occurrences.NOT_MEANT) {
                strike(candidate);
                return;
            }
        }
    }

    private static void strike(Injected injected) throws ErrnoException {
        AttributeFault fault = injected.fault();
        if (!fault.delay().isZero()
                && injected.lifted().await(fault.delay().toNanos(), true) == Completion.Outcome.INTERRUPTED) {
            throw new ErrnoException(Errno.EINTR, "a signal came while a fault delayed the access");
        }
        Errno errno = fault.errno();
        if (errno != null) {
            throw new ErrnoException(errno, "a fault was injected");
        }
    }
}

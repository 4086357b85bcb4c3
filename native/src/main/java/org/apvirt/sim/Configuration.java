// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which adapters and domains a machine has at the moment. Changes exclude each other; instructions read the masks and
 * the table of adapters without a lock.
 */
final class Configuration {
    private final AtomicReferenceArray<@Nullable SimulatedAdapter> adapters = new AtomicReferenceArray<>(ApMask.BITS);
    /** Response codes that queues are made to answer, by APQN; they outlive the adapter. */
    private final Map<Apqn, Integer> forcedResponses = new ConcurrentHashMap<>();
    private volatile int longestMessageBytes = AdapterSpec.LEAST_MESSAGE_BYTES;
    private volatile ApMask usageDomains;
    private volatile @Nullable ApMask controlDomains; // null: the usage domains
    private final MachineSpec spec;
    private volatile byte @Nullable [] configInfo; // what QCI stores, null: not since the last change

    /** What a machine begins with, but for the adapters. */
    Configuration(MachineSpec spec) {
        this.spec = spec;
        this.usageDomains = spec.usageDomains();
        this.controlDomains = spec.controlDomains();
    }

    /** Returns what QCI stores, {@link ApConfigInfo#LENGTH} bytes; not to be changed. */
    byte[] configInfo() {
        byte[] known = configInfo;
        return known != null ? known : makeConfigInfo();
    }

    private synchronized byte[] makeConfigInfo() {
        int flags = spec.qciFlags();
        boolean extended = (flags & ApConfigInfo.APXA) != 0;
        byte[] made = new byte[ApConfigInfo.LENGTH];
        ApConfigInfo.of(flags, extended ? spec.highestAdapter() : 0, extended ? spec.highestDomain() : 0,
                adapterMask(), usageDomains(), controlDomains()).storeTo(made, 0);
        configInfo = made;
        return made;
    }

    @Nullable
    SimulatedAdapter adapter(int apid) {
        return adapters.get(apid);
    }

    /** Returns the adapter of a queue that this configuration may use, else null. */
    @Nullable
    SimulatedAdapter granted(int qid) {
        SimulatedAdapter adapter = adapters.get(qid >> 8 & 0xff);
        if (adapter == null) {
            return null;
        }
        int apqi = qid & 0xff;
        return usageDomains.contains(apqi) && adapter.view().domains().contains(apqi) ? adapter : null;
    }

    /**
     * Returns the longest message that NQAP and DQAP may name: what the most capable adapter takes that there ever was,
     * because drivers allocate their buffers for that one.
     */
    int longestMessageBytes() {
        return longestMessageBytes;
    }

    synchronized void noteMessageLimit(int bytes) {
        longestMessageBytes = Math.max(longestMessageBytes, bytes);
    }

    ApMask adapterMask() {
        ApMask mask = ApMask.NONE;
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            mask = adapters.get(apid) != null ? mask.with(apid) : mask;
        }
        return mask;
    }

    ApMask usageDomains() {
        return usageDomains;
    }

    ApMask controlDomains() {
        ApMask given = controlDomains;
        return given != null ? given : usageDomains;
    }

    synchronized void controlDomains(@Nullable ApMask domains) {
        controlDomains = domains;
        configInfo = null;
    }

    synchronized void add(SimulatedAdapter added) {
        int apid = added.apid();
        noteMessageLimit(added.spec().maxMessageBytes());
        forcedResponses.forEach((apqn, responseCode) -> {
            if (apqn.apid() == apid) {
                added.queue(apqn.apqi()).force(responseCode);
            }
        });
        discard(adapters.getAndSet(apid, added));
        configInfo = null;
    }

    synchronized void remove(int apid) {
        discard(adapters.getAndSet(apid, null));
        configInfo = null;
    }

    private static void discard(@Nullable SimulatedAdapter adapter) {
        if (adapter != null) {
            adapter.forEachUsedQueue(SimulatedQueue::clear);
        }
    }

    /** Has every queue be done with what it works on. */
    void finishNow() {
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            SimulatedAdapter adapter = adapters.get(apid);
            if (adapter != null) {
                adapter.forEachUsedQueue(SimulatedQueue::finishNow);
            }
        }
    }

    synchronized void usageDomains(ApMask domains) {
        ApMask leaving = usageDomains.minus(domains);
        usageDomains = domains;
        configInfo = null;
        Consumer<SimulatedQueue> clear = queue -> {
            if (leaving.contains(queue.apqn().apqi())) {
                queue.clear();
            }
        };
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            SimulatedAdapter adapter = adapters.get(apid);
            if (adapter != null) {
                adapter.forEachUsedQueue(clear);
            }
        }
    }

    SortedMap<Apqn, Integer> forcedResponses() {
        return new TreeMap<>(forcedResponses);
    }

    synchronized void force(Apqn apqn, int responseCode) {
        if (responseCode == SimulatedQueue.NONE) {
            forcedResponses.remove(apqn);
        } else {
            forcedResponses.put(apqn, responseCode);
        }
        SimulatedAdapter adapter = adapters.get(apqn.apid());
        if (adapter != null) {
            adapter.queue(apqn.apqi()).force(responseCode);
        }
    }
}

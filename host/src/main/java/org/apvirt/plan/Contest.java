// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Who wants which queue. Of 65,536 queues most are wanted by the same few: what is said about those is made once. */
final class Contest {
    private final List<String> names = new ArrayList<>();
    private final @Nullable BitSet[] wanted = new BitSet[ApMask.BITS * ApMask.BITS]; // by queue

    /** What is done with a queue. */
    @FunctionalInterface
    interface Visitor {
        /** Takes a queue, who wants it, and what is said about them. */
        void take(Apqn queue, List<String> names, String text);
    }

    private record Said(List<String> names, String text) {}

    /** Adds somebody who wants each of these adapters with each of these domains. */
    void add(String name, ApMask adapters, ApMask domains) {
        int index = names.size();
        names.add(name);
        adapters.forEach(apid -> domains.forEach(apqi -> {
            int queue = new Apqn(apid, apqi).qid();
            BitSet set = wanted[queue];
            if (set == null) {
                set = new BitSet();
                wanted[queue] = set;
            }
            set.set(index);
        }));
    }

    /** Visits the queues that so many or more want, in their order. */
    void forEach(int least, Function<List<String>, String> text, Visitor visitor) {
        Map<BitSet, Said> said = new HashMap<>();
        for (int queue = 0; queue < wanted.length; queue++) {
            BitSet set = wanted[queue];
            if (set != null && set.cardinality() >= least) {
                Said once = said.computeIfAbsent(set, some -> {
                    List<String> these = some.stream().mapToObj(names::get).toList();
                    return new Said(these, text.apply(these));
                });
                visitor.take(Apqn.ofQid(queue), once.names(), once.text());
            }
        }
    }
}

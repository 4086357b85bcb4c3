// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.KeyRegister;
import org.apvirt.sim.MasterKey;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.WrappingKey;

/**
 * Writes the keys of a card as a machine file has them, with their values: a simulated machine's keys are part of what it
 * is. Registers of which only the pattern is known are left out.
 */
final class KeysWriter {
    private KeysWriter() {}

    /** Returns the entries {@code master-keys} and {@code wrapping-keys}, each with a comma before it; empty without keys. */
    static String keys(SimulatedAdapter card) {
        List<String> master = new ArrayList<>();
        List<String> wrapping = new ArrayList<>();
        for (int domain = 0; domain < ApMask.BITS; domain++) {
            DomainKeys keys = card.cryptoDomain(domain).keys();
            String cca = cca(keys);
            String ep11 = ep11(keys.ep11());
            if (!cca.isEmpty()) {
                master.add(domain + ": {" + cca + '}');
            }
            if (!ep11.isEmpty()) {
                wrapping.add(domain + ": {" + ep11 + '}');
            }
        }
        return entry("master-keys", master) + entry("wrapping-keys", wrapping);
    }

    private static String entry(String name, List<String> domains) {
        return domains.isEmpty() ? "" : ", " + name + ": {" + String.join(", ", domains) + '}';
    }

    private static String cca(DomainKeys keys) {
        List<String> sets = new ArrayList<>();
        for (MasterKeySet set : MasterKeySet.values()) {
            MasterKey key = keys.key(set);
            List<String> registers = new ArrayList<>();
            if (key.next().state() == KeyRegister.State.PARTIAL) {
                add(registers, "new: {part: %s}", key.next());
            } else {
                add(registers, "new: %s", key.next());
            }
            add(registers, "current: %s", key.current());
            add(registers, "old: %s", key.old());
            if (!registers.isEmpty()) {
                sets.add(set.name().toLowerCase(Locale.ROOT) + ": {" + String.join(", ", registers) + '}');
            }
        }
        if (!keys.forbidden().isEmpty()) {
            sets.add("forbidden: " + new TreeSet<>(keys.forbidden()).stream().map(FunctionCode::text).toList());
        }
        return String.join(", ", sets);
    }

    private static String ep11(WrappingKey key) {
        List<String> registers = new ArrayList<>();
        add(registers, "current: %s", key.current());
        add(registers, "next: %s", key.next());
        if (key.committed() && key.next().isFull() && key.next().key() != null) {
            registers.add("committed: true");
        }
        return String.join(", ", registers);
    }

    /** Quoted, because digits alone would be a number. */
    private static void add(List<String> registers, String form, KeyRegister register) {
        byte[] key = register.key();
        if (key != null && key.length > 0) {
            registers.add(String.format(form, '"' + HexFormat.of().formatHex(key) + '"'));
        }
    }
}

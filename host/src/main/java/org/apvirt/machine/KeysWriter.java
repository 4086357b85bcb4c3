// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

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
 * is.
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
            UnaryOperator<byte[]> pattern = set::pattern;
            add(registers, "new", key.next(), pattern);
            add(registers, "current", key.current(), pattern);
            add(registers, "old", key.old(), pattern);
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
        UnaryOperator<byte[]> pattern = bytes -> WrappingKey.register(bytes).pattern();
        add(registers, "current", key.current(), pattern);
        add(registers, "next", key.next(), pattern);
        if (key.committed() && key.next().isFull()) {
            registers.add("committed: true");
        }
        return String.join(", ", registers);
    }

    /** A key with its pattern; a pattern alone where that is all that is known. */
    private static void add(List<String> registers, String name, KeyRegister register,
            UnaryOperator<byte[]> patternOf) {
        byte[] key = register.key();
        String pattern = quoted(register.pattern());
        if (register.state() == KeyRegister.State.PARTIAL) {
            if (key != null && key.length > 0) {
                registers.add(name + ": {part: " + quoted(key) + '}');
            }
        } else if (!register.isFull()) {
            if (register.pattern().length > 0) {
                registers.add(name + ": {pattern: " + pattern + ", valid: false}");
            }
        } else if (key != null && Arrays.equals(patternOf.apply(key), register.pattern())) {
            registers.add(name + ": {key: " + quoted(key) + ", pattern: " + pattern + '}');
        } else {
            registers.add(name + ": {pattern: " + pattern + '}');
        }
    }

    /** Quoted, because digits alone would be a number. */
    private static String quoted(byte[] bytes) {
        return '"' + HexFormat.of().formatHex(bytes) + '"';
    }
}

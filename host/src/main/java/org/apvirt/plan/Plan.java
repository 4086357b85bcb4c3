// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.host.Level;
import org.apvirt.machine.Document;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HardwareReader;
import org.apvirt.machine.MachineFile;
import org.apvirt.machine.MachineReader;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A plan file: a machine file and the guests that are to run on the machine.
 *
 * @param file where it was read from
 * @param machine the machine
 * @param guests the guests by name, in the order of the file
 */
public record Plan(String file, MachineFile machine, Map<String, Guest> guests) {
    /**
     * One guest.
     *
     * @param adapters its adapters
     * @param domains its usage domains
     * @param controlDomains its control domains
     * @param cpu its CPU model as {@code -cpu} takes it, null: none named
     * @param line line of the file, from 1
     * @param notation how its numbers are written
     */
    public record Guest(ApMask adapters, ApMask domains, ApMask controlDomains, @Nullable String cpu, int line,
            Notation notation) {
        /** A guest whose numbers are written in decimal. */
        public Guest(ApMask adapters, ApMask domains, ApMask controlDomains, @Nullable String cpu, int line) {
            this(adapters, domains, controlDomains, cpu, line, Notation.DECIMAL);
        }

        /** Tells whether the guest would have a queue. */
        public boolean has(int apid, int apqi) {
            return adapters.contains(apid) && domains.contains(apqi);
        }
    }

    /**
     * Reads a plan file, YAML or JSON.
     *
     * @throws FileFormatException the file is wrong
     */
    public static Plan read(Path file) throws FileFormatException {
        return of(Document.read(file), file.toString(), null);
    }

    /**
     * Reads a plan from text.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is wrong
     */
    public static Plan parse(String text, String name) throws FileFormatException {
        return of(Document.parse(text, name), name, null);
    }

    public static Plan of(DocumentNode root, String file, @Nullable Level level) throws FileFormatException {
        Map<String, Entry> map = root.map("a plan", DocumentNode.keys(MachineReader.KEYS, "guests"));
        Map<String, Guest> guests = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> entry : guests(root, map).entrySet()) {
            guests.put(entry.getKey(), guest(entry.getKey(), entry.getValue()));
        }
        return new Plan(file, new MachineReader(root, level).machineFile(map), guests);
    }

    private static Map<String, Entry> guests(DocumentNode root, Map<String, Entry> map) throws FileFormatException {
        Entry guests = map.get("guests");
        if (guests == null || guests.value().isNull()) {
            throw (guests == null ? root : guests.key()).error("has no guests, so it is a machine file and no plan yet"
                    + " (add for example guests: {guest1: {adapters: [1], domains: [5]}})");
        }
        return guests.value().map("guests");
    }

    private static Guest guest(String name, Entry entry) throws FileFormatException {
        if (entry.value().isNull()) {
            throw entry.key().error("guest '" + name + "' is null (write {} for a guest without queues)");
        }
        Map<String, Entry> map = entry.value().map("a guest", List.of("adapters", "domains", "control-domains", "cpu"));
        Entry cpu = map.get("cpu");
        return new Guest(DocumentNode.read(map, "adapters", ApMask.NONE, it -> HardwareReader.ids("adapter", it)),
                DocumentNode.read(map, "domains", ApMask.NONE, it -> HardwareReader.ids("domain", it)),
                DocumentNode.read(map, "control-domains", ApMask.NONE,
                        it -> HardwareReader.ids("control domain", it)),
                cpu == null || cpu.value().isNull() ? null : cpu.value().text(), entry.key().line(),
                Notation.of(map));
    }
}

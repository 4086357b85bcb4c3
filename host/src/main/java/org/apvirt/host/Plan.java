package org.apvirt.host;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.host.DocumentNode.Entry;
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
     */
    public record Guest(ApMask adapters, ApMask domains, ApMask controlDomains, @Nullable String cpu, int line) {
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
        return of(Document.read(file), file.toString());
    }

    /**
     * Reads a plan from text.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is wrong
     */
    public static Plan parse(String text, String name) throws FileFormatException {
        return of(Document.parse(text, name), name);
    }

    static Plan of(DocumentNode root, String file) throws FileFormatException {
        Map<String, Entry> map = root.map("a plan", DocumentNode.keys(MachineReader.KEYS, "guests"));
        Map<String, Guest> guests = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> entry : root.required(map, "guests", "the plan").map("guests").entrySet()) {
            guests.put(entry.getKey(), guest(entry.getValue().key().line(), entry.getValue().value()));
        }
        return new Plan(file, new MachineReader(root).machineFile(map), guests);
    }

    private static Guest guest(int line, DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("a guest", List.of("adapters", "domains", "control-domains", "cpu"));
        Entry cpu = map.get("cpu");
        return new Guest(DocumentNode.read(map, "adapters", ApMask.NONE, it -> HardwareReader.ids("adapter", it)),
                DocumentNode.read(map, "domains", ApMask.NONE, it -> HardwareReader.ids("domain", it)),
                DocumentNode.read(map, "control-domains", ApMask.NONE,
                        it -> HardwareReader.ids("control domain", it)),
                cpu == null ? null : cpu.value().text(), line);
    }
}

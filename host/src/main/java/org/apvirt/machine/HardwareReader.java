// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.sim.MachineSpec;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads the hardware of a scenario: the machine in the words of the recorder. */
public final class HardwareReader {
    private static final List<String> KEYS = List.of("adapters", "domains", "control", "qci", "apft", "apxa", "aiv",
            "na", "nd", "qci_flags", "queues", "reset_polls", "ap", "secure_guest", "secrets");
    private static final List<String> ADAPTER_KEYS = List.of("type", "mode", "fac", "depth", "ml", "nd", "class", "bs",
            "config", "chkstop", "cca", "ep11", "domains");

    public MachineSpec machine(DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("hardware", KEYS);
        boolean apxa = truth(map, "apxa", true);
        Facilities facilities = Facilities.of(Facilities.MSA3);
        facilities = truth(map, "qci", true) ? facilities.with(Facilities.QCI) : facilities;
        facilities = truth(map, "apft", true) ? facilities.with(Facilities.APFT) : facilities;
        facilities = truth(map, "aiv", false) ? facilities.with(Facilities.APQI) : facilities;
        int flags = (int) (long) DocumentNode.read(map, "qci_flags",
                Integer.toUnsignedLong(ApConfigInfo.APSC | (apxa ? ApConfigInfo.APXA : 0)),
                value -> value.longNumber("qci_flags", 0, 0xffff_ffffL));
        return new MachineSpec(truth(map, "ap", true), facilities, apxa, flags,
                DocumentNode.read(map, "na", 255, value -> value.number("na", 0, 255)),
                DocumentNode.read(map, "nd", 255, value -> value.number("nd", 0, 255)), adapters(map),
                DocumentNode.read(map, "domains", ApMask.NONE, value -> ids("domain", value)), control(map),
                responses(map),
                DocumentNode.read(map, "reset_polls", 0, value -> value.number("reset_polls", 0, 1_000_000)),
                List.of(), truth(map, "secure_guest", false), MachineReader.secrets(map), false);
    }

    private static boolean truth(Map<String, Entry> map, String key, boolean absent) throws FileFormatException {
        return DocumentNode.read(map, key, absent, value -> value.truth(key));
    }

    private static @Nullable ApMask control(Map<String, Entry> map) throws FileFormatException {
        Entry entry = map.get("control");
        return entry == null || entry.value().isNull() ? null : ids("control domain", entry.value());
    }

    /** Reads a list of ids 0..255. */
    public static ApMask ids(String what, DocumentNode node) throws FileFormatException {
        ApMask mask = ApMask.NONE;
        for (DocumentNode item : node.list(what + "s")) {
            int id = item.number(what, 0, 255);
            if (mask.contains(id)) {
                throw item.error("duplicate " + what + " " + item.text());
            }
            mask = mask.with(id);
        }
        return mask;
    }

    private static SortedMap<Integer, AdapterSpec> adapters(Map<String, Entry> map)
            throws FileFormatException {
        SortedMap<Integer, AdapterSpec> adapters = new TreeMap<>();
        Entry entry = map.get("adapters");
        if (entry != null) {
            for (Entry adapter : entry.value().map("adapters").values()) {
                int apid = adapter.key().number("adapter", 0, 255);
                adapters.put(apid, adapter(apid, adapter.value()));
            }
        }
        return adapters;
    }

    static AdapterSpec adapter(int apid, DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("adapter", ADAPTER_KEYS);
        int type = node.required(map, "type", "the adapter").number("type", 0, 255);
        String mode = DocumentNode.read(map, "mode", "C", value -> value.word("mode", List.of("A", "C", "P")));
        AdapterSpec adapter = AdapterSpec.of(apid, type, AdapterNames.mode(mode)).withoutIdentity()
                .configured(truth(map, "config", true)).checkstopped(truth(map, "chkstop", false));
        for (Map.Entry<String, Entry> field : map.entrySet()) {
            DocumentNode value = field.getValue().value();
            adapter = switch (field.getKey()) {
                case "fac" -> adapter.functions((int) value.longNumber("fac", 0, 0xffff_ffffL));
                case "depth" -> adapter.depth(value.number("depth", 1, 32));
                case "ml" -> adapter.ml(value.number("ml", 0, 15));
                case "nd" -> adapter.nd(value.number("nd", 0, 255));
                case "class" -> adapter.functionClass(value.number("class", 0, 255));
                case "bs" -> adapter.bindState(value.number("bs", 0, 3));
                case "domains" -> adapter.domains(ids("domain", value));
                case "cca" -> recorded(adapter.cca(CcaReader.read(value)),
                        value.map("cca").get("domains"), KeysReader::recordedCca);
                case "ep11" -> recorded(adapter.ep11(ep11(value)), value.map("ep11").get("domains"),
                        KeysReader::recordedEp11);
                default -> adapter;
            };
        }
        return adapter;
    }

    /** Reads the keys of a domain beside those that it has. */
    @FunctionalInterface
    interface KeysOfDomain {
        DomainKeys read(DomainKeys before, DocumentNode node) throws FileFormatException;
    }

    private static AdapterSpec recorded(AdapterSpec adapter, @Nullable Entry domains, KeysOfDomain reader)
            throws FileFormatException {
        AdapterSpec result = adapter;
        if (domains != null) {
            result = result.asRecorded();
            for (Entry domain : domains.value().map("domains").values()) {
                int number = domain.key().number("domain", 0, 255);
                result = result.keys(number, reader.read(
                        result.keys().getOrDefault(number, DomainKeys.NONE), domain.value()));
            }
        }
        return result;
    }

    private static Ep11Identity ep11(DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("ep11", List.of("serial", "api", "domains"));
        Ep11Identity usual = DocumentNode.read(map, "serial", Ep11Identity.of(""),
                value -> value.named(Ep11Identity::of));
        return new Ep11Identity(usual.serial(),
                DocumentNode.read(map, "api", usual.apiOrdinal(), value -> value.number("api", 0, 0xffff)),
                usual.firmwareMajor(), usual.firmwareMinor(), usual.operationMode(), "", "", false);
    }

    private static SortedMap<Apqn, Integer> responses(Map<String, Entry> map) throws FileFormatException {
        SortedMap<Apqn, Integer> responses = new TreeMap<>();
        Entry entry = map.get("queues");
        if (entry != null) {
            for (Entry queue : entry.value().map("queues").values()) {
                Map<String, Entry> fields = queue.value().map("queue", List.of("rc"));
                responses.put(apqn(queue.key()),
                        queue.value().required(fields, "rc", "the queue").number("rc", 0, 255));
            }
        }
        return responses;
    }

    /** Reads an APQN in the form of sysfs, for example {@code 05.00ab}. */
    public static Apqn apqn(DocumentNode node) throws FileFormatException {
        try {
            return Apqn.parse(node.text());
        } catch (IllegalArgumentException e) {
            throw node.error("'" + node.text() + "' is no queue (write it like sysfs, for example 05.00ab)");
        }
    }

    public List<HardwareChange> changes(DocumentNode node) throws FileFormatException {
        List<HardwareChange> changes = new ArrayList<>();
        for (DocumentNode change : node.list("change")) {
            changes.add(change(change, change.list("a change")));
        }
        return changes;
    }

    private static HardwareChange change(DocumentNode node, List<DocumentNode> words) throws FileFormatException {
        if (words.isEmpty()) {
            throw node.error("an empty change; write for example [del_adapter, 5]");
        }
        String verb = words.get(0).word("change", List.of("add_adapter", "del_adapter", "add_domain", "del_domain",
                "adapter", "queue_rc", "control", "set", "keys", "answer", "report"));
        int operands = switch (verb) {
            case "keys" -> 4;
            case "adapter" -> 3;
            case "answer", "add_adapter", "queue_rc", "set" -> 2;
            case "report" -> 0;
            default -> 1;
        };
        if (words.size() != operands + 1) {
            throw node.error("'" + verb + "' takes " + operands + " operands, not " + (words.size() - 1));
        }
        if (operands == 0) {
            return new HardwareChange.Report();
        }
        DocumentNode first = words.get(1);
        return switch (verb) {
            case "add_adapter" -> new HardwareChange.AddAdapter(
                    adapter(first.number("adapter", 0, 255), words.get(2)));
            case "del_adapter" -> new HardwareChange.RemoveAdapter(first.number("adapter", 0, 255));
            case "add_domain" -> new HardwareChange.AddDomain(first.number("domain", 0, 255));
            case "del_domain" -> new HardwareChange.RemoveDomain(first.number("domain", 0, 255));
            case "adapter" -> new HardwareChange.SetAdapter(first.number("adapter", 0, 255),
                    words.get(2).word("key", List.of("config", "chkstop", "type", "mode", "sclp_fail")),
                    words.get(3).text());
            case "queue_rc" -> new HardwareChange.QueueResponse(apqn(first),
                    words.get(2).isNull() ? null : Integer.valueOf(words.get(2).number("rc", 0, 255)));
            case "keys" -> keys(first, words);
            case "answer" -> new HardwareChange.ForceAnswer(first.text(), !words.get(2).isNull());
            case "control" -> new HardwareChange.ControlDomains(
                    first.isNull() ? null : ids("control domain", first));
            default -> new HardwareChange.SetMachine(first.word("key", List.of("sclp_ap")), words.get(2).text());
        };
    }

    private static HardwareChange keys(DocumentNode first, List<DocumentNode> words) throws FileFormatException {
        boolean cca = words.get(2).word("kind of keys", List.of("cca", "ep11")).equals("cca");
        DocumentNode registers = words.get(4);
        DomainKeys read = cca
                ? KeysReader.recordedCca(DomainKeys.NONE, registers)
                : KeysReader.recordedEp11(DomainKeys.NONE, registers);
        return new HardwareChange.ChangeKeys(first.number("adapter", 0, 255), words.get(3).number("domain", 0, 255),
                cca, read);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.KeyRegister;
import org.apvirt.sim.MasterKey;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.WrappingKey;

/** Reads the keys of domains: those of a machine file, with values, and those of a recording, with patterns. */
final class KeysReader {
    private static final List<String> SETS = List.of("sym", "asym", "aes", "apka");
    private static final List<String> REGISTERS = List.of("new", "current", "old");

    private KeysReader() {}

    /** Reads {@code master-keys}: by domain, master key and register. */
    static AdapterSpec masterKeys(AdapterSpec adapter, DocumentNode node) throws FileFormatException {
        AdapterSpec result = adapter;
        for (Entry domain : node.map("master-keys").values()) {
            int number = domain.key().number("domain", 0, 255);
            Map<String, Entry> map = domain.value().map("the master keys of a domain",
                    DocumentNode.keys(SETS, "forbidden"));
            DomainKeys keys = result.keys().getOrDefault(number, DomainKeys.NONE);
            for (String name : SETS) {
                Entry entry = map.get(name);
                if (entry != null) {
                    keys = keys.with(set(name), masterKey(set(name), entry.value()));
                }
            }
            result = result.keys(number, keys.forbidding(
                    DocumentNode.read(map, "forbidden", Set.of(), KeysReader::functions)));
        }
        return result;
    }

    private static MasterKeySet set(String name) {
        return MasterKeySet.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static MasterKey masterKey(MasterKeySet set, DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("a master key", REGISTERS);
        Entry entry = map.get("new");
        boolean partial = entry != null && entry.value().isMap() && entry.value().map("a new key").containsKey("part");
        KeyRegister next = entry == null || !partial
                ? register(map, "new", set.keyBytes(), key -> KeyRegister.of(set, key))
                : register(entry.value().map("a new key", List.of("part")), "part", set.keyBytes(),
                        KeyRegister::partial);
        return new MasterKey(next, register(map, "current", set.keyBytes(), key -> KeyRegister.of(set, key)),
                register(map, "old", set.keyBytes(), key -> KeyRegister.of(set, key)));
    }

    private static KeyRegister register(Map<String, Entry> map, String name, int bytes,
            Function<byte[], KeyRegister> of) throws FileFormatException {
        Entry entry = map.get(name);
        if (entry == null || entry.value().isNull()) {
            return KeyRegister.EMPTY;
        }
        if (entry.value().isMap()) {
            return shown(entry.value(), bytes, of);
        }
        String text = entry.value().text();
        if (!text.matches("[0-9a-fA-F]{" + 2 * bytes + "}")) { // what it is instead may be a key: it is not shown
            throw entry.value().error("'" + name + "' is not a key of " + bytes + " bytes (write " + 2 * bytes
                    + " hexadecimal digits)");
        }
        return of.apply(HexFormat.of().parseHex(text));
    }

    /** Reads a register as a dump has it: the key and its pattern, or the pattern alone, if that is all that is known. */
    private static KeyRegister shown(DocumentNode node, int bytes, Function<byte[], KeyRegister> of)
            throws FileFormatException {
        Map<String, Entry> map = node.map("a key", List.of("key", "pattern", "valid"));
        Entry entry = map.get("pattern");
        String pattern = entry == null ? "" : entry.value().text();
        if (!pattern.matches("(?:[0-9a-fA-F]{2}){0,64}")) {
            throw node.error("pattern '" + pattern + "' is not hexadecimal");
        }
        if (!map.containsKey("key")) {
            return DocumentNode.read(map, "valid", true, value -> value.truth("valid"))
                    ? KeyRegister.standIn(pattern)
                    : KeyRegister.invalid(pattern);
        }
        KeyRegister register = register(map, "key", bytes, of);
        if (entry != null && !Arrays.equals(register.pattern(), HexFormat.of().parseHex(pattern))) {
            throw entry.value().error("the pattern is not that of the key (leave it out: it follows from the key)");
        }
        return register;
    }

    /** Reads function codes, two letters each. */
    private static Set<Integer> functions(DocumentNode node) throws FileFormatException {
        Set<Integer> functions = new TreeSet<>();
        for (DocumentNode item : node.list("forbidden verbs")) {
            String text = item.text();
            if (!text.matches("[A-Z]{2}")) {
                throw item.error("'" + text + "' is no verb (write its two letters, for example KG)");
            }
            functions.add(text.charAt(0) << 8 | text.charAt(1));
        }
        return functions;
    }

    /** Reads {@code wrapping-keys}: by domain. */
    static AdapterSpec wrappingKeys(AdapterSpec adapter, DocumentNode node) throws FileFormatException {
        AdapterSpec result = adapter;
        for (Entry domain : node.map("wrapping-keys").values()) {
            int number = domain.key().number("domain", 0, 255);
            Map<String, Entry> map = domain.value().map("the wrapping key of a domain",
                    List.of("current", "next", "committed"));
            boolean committed = DocumentNode.read(map, "committed", false, value -> value.truth("committed"));
            KeyRegister next = register(map, "next", WrappingKey.KEY_BYTES, WrappingKey::register);
            if (committed && !next.isFull()) {
                throw domain.value().error("committed without a next key");
            }
            result = result.keys(number, result.keys().getOrDefault(number, DomainKeys.NONE).with(new WrappingKey(true,
                    register(map, "current", WrappingKey.KEY_BYTES, WrappingKey::register), next, committed)));
        }
        return result;
    }

    /** Reads a domain's registers as a recording has them: {@code {aes: {new: [state, pattern], cur: …, old: …}}}. */
    static DomainKeys recordedCca(DomainKeys before, DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("a domain's registers", SETS);
        DomainKeys keys = before;
        for (Map.Entry<String, Entry> entry : map.entrySet()) {
            Map<String, Entry> registers = entry.getValue().value().map(entry.getKey(), List.of("new", "cur", "old"));
            keys = keys.with(set(entry.getKey()), new MasterKey(recorded(registers, "new", '3'),
                    recorded(registers, "cur", '2'), recorded(registers, "old", '2')));
        }
        return keys;
    }

    private static KeyRegister recorded(Map<String, Entry> map, String name, char full) throws FileFormatException {
        Entry entry = map.get(name);
        if (entry == null) {
            return KeyRegister.EMPTY;
        }
        List<DocumentNode> pair = entry.value().list(name);
        if (pair.size() != 2 || !pair.get(0).text().matches("[0-9]")
                || !pair.get(1).text().matches("(?:[0-9a-f]{2})*")) {
            throw entry.value().error("must be [state, pattern], for example [\"2\", \"0011223344556677\"]");
        }
        char state = pair.get(0).text().charAt(0);
        return state == full
                ? KeyRegister.standIn(pair.get(1).text())
                : name.equals("new") && state == '2'
                        ? KeyRegister.partial(new byte[0])
                        : KeyRegister.invalid(pair.get(1).text());
    }

    /** Reads a domain as a recording has it: {@code {flags: 18, cur: pattern, new: pattern}}. */
    static DomainKeys recordedEp11(DomainKeys before, DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("a domain", List.of("flags", "cur", "new"));
        int flags = DocumentNode.read(map, "flags", 0, value -> value.number("flags", 0, 255));
        return before.with(new WrappingKey((flags & 0x10) != 0, wrapping(map, "cur", (flags & 0x02) != 0),
                wrapping(map, "new", (flags & 0x04) != 0), (flags & 0x08) != 0));
    }

    private static KeyRegister wrapping(Map<String, Entry> map, String name, boolean there)
            throws FileFormatException {
        Entry entry = map.get(name);
        if (entry == null) {
            return KeyRegister.EMPTY;
        }
        if (!entry.value().text().matches("[0-9a-f]{64}")) {
            throw entry.value().error("must be a pattern of 32 bytes in hexadecimal");
        }
        String pattern = entry.value().text();
        return there ? KeyRegister.standIn(pattern) : KeyRegister.invalid(pattern);
    }
}

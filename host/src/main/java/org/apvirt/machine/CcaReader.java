// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;
import java.util.Map;

import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.CcaIdentity.MasterKey;
import org.apvirt.sim.CcaIdentity.Register;

/** Reads what a CCA coprocessor of a scenario tells about itself. */
final class CcaReader {
    private CcaReader() {}

    static CcaIdentity read(DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("cca", List.of("serial", "aes", "apka", "asym", "domains"));
        try {
            return new CcaIdentity(DocumentNode.read(map, "serial", "", CcaReader::serial), key(map, "aes"),
                    key(map, "apka"), key(map, "asym"));
        } catch (IllegalArgumentException e) {
            throw node.error(String.valueOf(e.getMessage()));
        }
    }

    static String serial(DocumentNode node) throws FileFormatException {
        if (!node.text().matches("[ -~]{1,8}")) {
            throw node.error("serial '" + node.text() + "' is not 1 to 8 printable characters");
        }
        return node.text();
    }

    private static MasterKey key(Map<String, Entry> map, String kind) throws FileFormatException {
        Entry entry = map.get(kind);
        if (entry == null) {
            return MasterKey.NONE;
        }
        Map<String, Entry> registers = entry.value().map(kind, List.of("new", "cur", "old"));
        return new MasterKey(register(registers, "new"), register(registers, "cur"), register(registers, "old"));
    }

    private static Register register(Map<String, Entry> map, String name) throws FileFormatException {
        Entry entry = map.get(name);
        if (entry == null) {
            return Register.EMPTY;
        }
        List<DocumentNode> pair = entry.value().list(name);
        if (pair.size() != 2 || !pair.get(0).text().matches("[0-9]")) {
            throw entry.value().error("must be [state, pattern], for example [\"2\", \"0011223344556677\"]");
        }
        return new Register(pair.get(0).text().charAt(0), pair.get(1).text());
    }
}

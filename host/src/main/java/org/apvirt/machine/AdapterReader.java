// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.machine.DocumentNode.Entry;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;

/** Reads an adapter of a machine file: the name of its type or profile, or a map of its facts. */
final class AdapterReader {
    private static final List<String> KEYS = List.of("type", "profile", "functions", "class", "depth", "serial",
            "config",
            "checkstop", "master-keys", "wrapping-keys");
    private static final int MODES = ApHardwareInfo.CCA | ApHardwareInfo.ACCEL | ApHardwareInfo.EP11;
    private static final int FUNCTION_BITS = 0xffff_0000; // the others are the binding of a secure guest, not the card's
    private static final int CLASS_BITS = 0x00ff_0000;

    private AdapterReader() {}

    static AdapterSpec read(int apid, DocumentNode node) throws FileFormatException {
        if (!node.isMap()) {
            return AdapterNames.adapter(apid, node.word("adapter type", AdapterNames.withProfiles()));
        }
        Map<String, Entry> map = node.map("an adapter", KEYS);
        AdapterSpec adapter = functions(kind(apid, node, map), map)
                .depth(DocumentNode.read(map, "depth", 8, value -> value.number("depth", 1, 32)))
                .configured(DocumentNode.read(map, "config", true, value -> value.truth("config")))
                .checkstopped(DocumentNode.read(map, "checkstop", false, value -> value.truth("checkstop")));
        AdapterSpec withoutSerial = adapter;
        adapter = DocumentNode.read(map, "serial", adapter, value -> serial(withoutSerial, value));
        AdapterSpec plain = adapter;
        adapter = DocumentNode.read(map, "master-keys", adapter, value -> KeysReader.masterKeys(plain, value));
        AdapterSpec withMasterKeys = adapter;
        return DocumentNode.read(map, "wrapping-keys", adapter,
                value -> KeysReader.wrappingKeys(withMasterKeys, value));
    }

    private static AdapterSpec kind(int apid, DocumentNode node, Map<String, Entry> map) throws FileFormatException {
        Entry profile = map.get("profile");
        if (profile == null) {
            return AdapterNames.adapter(apid,
                    node.required(map, "type", "the adapter").word("adapter type", AdapterNames.ALL));
        }
        if (map.containsKey("type")) {
            throw profile.key().error("profile says the type too; remove one of them");
        }
        return AdapterNames.adapter(apid, profile.value().word("profile", CardProfile.names()));
    }

    private static AdapterSpec functions(AdapterSpec adapter, Map<String, Entry> map) throws FileFormatException {
        AdapterSpec given = DocumentNode.read(map, "functions", adapter, value -> functions(adapter, value));
        return DocumentNode.read(map, "class", given, value -> given.functions(
                given.functions() & ~CLASS_BITS | value.number("class", 0, 255) << 16));
    }

    /** A mode is named by no bit, which is what a guest without the facilities test sees, or by the type's own. */
    private static AdapterSpec functions(AdapterSpec adapter, DocumentNode node) throws FileFormatException {
        int functions = (int) node.longNumber("functions", 0, 0xffff_ffffL);
        AdapterMode mode = adapter.mode();
        if ((functions & ~FUNCTION_BITS) != 0) {
            throw node.error(String.format("functions 0x%08x has bits that are not a card's (use those of 0x%08x)",
                    functions, FUNCTION_BITS));
        }
        if ((functions & MODES) != 0 && (functions & MODES) != mode.modeBit()) {
            throw node.error(String.format("functions 0x%08x is not a %s (its mode is bit 0x%08x)", functions,
                    AdapterNames.name(adapter), mode.modeBit()));
        }
        return adapter.functions(functions);
    }

    private static AdapterSpec serial(AdapterSpec adapter, DocumentNode node) throws FileFormatException {
        String serial = node.text();
        if (!serial.matches("[ -~]{1," + adapter.longestSerial() + "}")) {
            throw node.error("serial '" + serial + "' is not 1 to " + adapter.longestSerial()
                    + " printable characters");
        }
        return adapter.serial(serial);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.machine.DocumentNode.Entry;

/** Reads the part {@code host} of a machine file. */
final class SetupReader {
    private static final List<String> KEYS = List.of("attributes", "overrides", "drivers", "offline", "mdevs", "nodes",
            "guests", "counters");
    static final List<String> ATTRIBUTES = List.of("apmask", "aqmask", "ap_domain", "config_time", "poll_thread",
            "poll_timeout");
    static final List<String> NODE_ATTRIBUTES = List.of("ioctlmask", "apmask", "aqmask", "admask");
    private static final String UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

    private SetupReader() {}

    static HostSetup read(Entry entry) throws FileFormatException {
        Map<String, Entry> map = entry.value().map("host", KEYS);
        HostSetup setup = new HostSetup(entry.key().place(), texts(map, "attributes", ATTRIBUTES),
                byDevice(map, "overrides"), byDevice(map, "drivers"), new TreeSet<>(), new TreeMap<>(),
                new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        Entry offline = map.get("offline");
        for (DocumentNode item : offline == null ? List.<DocumentNode>of() : offline.value().list("offline devices")) {
            setup.offline().add(device(item));
        }
        for (Map.Entry<String, Entry> mdev : entries(map, "mdevs").entrySet()) {
            Map<String, Entry> masks = mdev.getValue().value().map("a mediated device",
                    List.of("adapters", "domains", "control-domains"));
            setup.mdevs().put(uuid(mdev.getValue().key()),
                    new HostSetup.Mdev(ids(masks, "adapters", "adapter"), ids(masks, "domains", "domain"),
                            ids(masks, "control-domains", "control domain")));
        }
        for (Map.Entry<String, Entry> node : entries(map, "nodes").entrySet()) {
            setup.nodes().put(node.getKey(),
                    texts(Map.of("node", node.getValue()), "node", NODE_ATTRIBUTES));
        }
        for (Map.Entry<String, Entry> guest : entries(map, "guests").entrySet()) {
            String uuid = uuid(guest.getValue().value());
            if (!setup.mdevs().containsKey(uuid)) {
                throw guest.getValue().value().error("guest '" + guest.getKey() + "' has a mediated device that is not"
                        + " among mdevs");
            }
            setup.guests().put(guest.getKey(), uuid);
        }
        for (Map.Entry<String, Entry> counter : entries(map, "counters").entrySet()) {
            setup.counters().put(device(counter.getValue().key()),
                    counter.getValue().value().longNumber("counter", 0, Long.MAX_VALUE));
        }
        return setup;
    }

    private static Map<String, Entry> entries(Map<String, Entry> map, String key) throws FileFormatException {
        Entry entry = map.get(key);
        return entry == null ? Map.of() : entry.value().map(key);
    }

    private static ApMask ids(Map<String, Entry> map, String key, String what) throws FileFormatException {
        return DocumentNode.read(map, key, ApMask.NONE, node -> HardwareReader.ids(what, node));
    }

    private static SortedMap<String, String> texts(Map<String, Entry> map, String key, List<String> allowed)
            throws FileFormatException {
        SortedMap<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, Entry> entry : entries(map, key).entrySet()) {
            entry.getValue().key().word("attribute", allowed);
            texts.put(entry.getKey(), entry.getValue().value().text());
        }
        return texts;
    }

    private static SortedMap<String, String> byDevice(Map<String, Entry> map, String key) throws FileFormatException {
        SortedMap<String, String> drivers = new TreeMap<>();
        for (Entry entry : entries(map, key).values()) {
            String driver = entry.value().text();
            if (!driver.matches("[A-Za-z0-9_-]{1,55}")) {
                throw entry.value().error("'" + driver + "' is no driver (write for example vfio_ap, or none)");
            }
            drivers.put(device(entry.key()), driver);
        }
        return drivers;
    }

    private static String device(DocumentNode node) throws FileFormatException {
        String text = node.text();
        if (!text.matches("card[0-9a-f]{2}") && !isQueue(text)) {
            throw node.error("'" + text + "' is no device of the AP bus (write for example card05 or 05.0004)");
        }
        return text;
    }

    private static boolean isQueue(String text) {
        try {
            Apqn.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String uuid(DocumentNode node) throws FileFormatException {
        String text = node.text();
        if (!text.matches(UUID)) {
            throw node.error("'" + text + "' is no UUID (write for example 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02)");
        }
        return text;
    }
}

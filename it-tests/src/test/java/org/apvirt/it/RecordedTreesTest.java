// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.machine.FileFormatException;
import org.apvirt.tree.SysTree;
import org.apvirt.tree.TreeImport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What real kernels showed is imported: a machine of it shows the same, but for what the tree does not tell. */
@Timeout(120)
class RecordedTreesTest {
    /** Directory of more recordings than the repository has, null: none is named. */
    private static final String MORE = System.getProperty("recordings");
    private static final Path RECORDINGS = Path.of(MORE == null ? "recordings" : MORE);
    private static final String FILES = MORE == null ? ".*/linux-[^/]*/.*\\.json" : ".*\\.json";
    /** States of the moment, limits, and what depends on hardware that no attribute names: the recorders' cards had no identity. */
    private static final String NOT_TOLD = ".*/(reset|interrupt|bindings|online|config|chkstop|mkvps|serialnr|API_ordinalnr"
            + "|FW_version|max_msg_size|raw_hwtype|features|ap_functions|ap_adapter_mask|ap_max_adapter_id|ap_max_domain_id|status)"; // status: a tree without the mediated devices

    /** Returns the last tree of the devices in a recording together with the other trees of that moment, null: none. */
    private static SysTree tree(JsonObject recording) {
        SysTree tree = SysTree.empty();
        SysTree last = null;
        boolean before = false;
        for (JsonElement element : recording.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            boolean isTree = step.get("op").getAsString().equals("tree") && step.has("result")
                    && step.get("result").isJsonArray();
            if (isTree && !before) {
                tree = new SysTree(new TreeMap<>());
            }
            if (isTree) {
                for (JsonElement entry : step.getAsJsonArray("result")) {
                    put(tree, entry.getAsJsonArray());
                }
                if (tree.entries().containsKey("sys/devices/ap") && tree.entries().containsKey("sys/bus/ap")) {
                    last = tree;
                }
            }
            before = isTree;
        }
        return last;
    }

    private static void put(SysTree tree, JsonArray entry) {
        switch (entry.get(0).getAsString()) {
            case "d" -> tree.entries().put(entry.get(2).getAsString().substring(1), new SysTree.Directory());
            case "f" -> tree.entries().put(entry.get(3).getAsString().substring(1),
                    new SysTree.Attribute(Integer.parseInt(entry.get(1).getAsString(), 8),
                            entry.get(4).isJsonPrimitive() ? entry.get(4).getAsString() : null));
            case "l" -> tree.entries().put(entry.get(1).getAsString().substring(1),
                    new SysTree.Link(entry.get(2).getAsString()));
            default -> {
                // a device node
            }
        }
    }

    @Test
    void eachIsImportedAndShownAgain() throws Exception {
        List<String> different = new ArrayList<>();
        int imported = 0;
        try (Stream<Path> files = Files.walk(RECORDINGS)) {
            for (Path file : files.filter(path -> path.toString().matches(FILES)).sorted()
                    .toList()) {
                SysTree tree = tree(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
                if (tree != null) {
                    imported++;
                    try {
                        for (String line : TreeImport.of(tree, file.toString(), null).notTaken()) {
                            if (!line.replaceAll(":.*", "").matches(NOT_TOLD)) {
                                different.add(RECORDINGS.relativize(file) + " " + line);
                            }
                        }
                    } catch (FileFormatException e) {
                        different.add(RECORDINGS.relativize(file) + " " + e.getMessage());
                    }
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertEquals("", String.join("\n", different), imported + " trees");
        assertTrue(imported > 40 || MORE != null, imported + " trees");
    }
}

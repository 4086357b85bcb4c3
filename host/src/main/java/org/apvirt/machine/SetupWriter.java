// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;

/** Writes the part {@code host} of a machine file. */
public final class SetupWriter {
    private final StringBuilder text = new StringBuilder();

    private SetupWriter() {}

    /** Returns the text, empty if there is nothing to say. */
    public static String text(HostSetup setup) {
        return setup.isEmpty() ? "" : new SetupWriter().write(setup);
    }

    private String write(HostSetup setup) {
        text.append("host:\n");
        texts("attributes", setup.attributes());
        texts("overrides", setup.overrides());
        texts("drivers", setup.drivers());
        if (!setup.offline().isEmpty()) {
            text.append("  offline: [").append(String.join(", ", setup.offline().stream().map(Json::text).toList()))
                    .append("]\n");
        }
        if (!setup.mdevs().isEmpty()) {
            text.append("  mdevs:\n");
            setup.mdevs().forEach((uuid, mdev) -> text.append("    ").append(Json.text(uuid)).append(": {adapters: ")
                    .append(ids(mdev.adapters())).append(", domains: ").append(ids(mdev.domains()))
                    .append(", control-domains: ").append(ids(mdev.controlDomains())).append("}\n"));
        }
        if (!setup.nodes().isEmpty()) {
            text.append("  nodes:\n");
            setup.nodes().forEach((node, masks) -> text.append("    ").append(Json.text(node)).append(": ")
                    .append(Json.text(masks)).append('\n'));
        }
        texts("guests", setup.guests());
        if (!setup.counters().isEmpty()) {
            text.append("  counters:\n");
            setup.counters().forEach((device, count) -> text.append("    ").append(Json.text(device)).append(": ")
                    .append(count).append('\n'));
        }
        return text.toString();
    }

    private void texts(String key, Map<String, String> values) {
        if (!values.isEmpty()) {
            text.append("  ").append(key).append(":\n");
            values.forEach((name, value) -> text.append("    ").append(Json.text(name)).append(": ")
                    .append(Json.text(value)).append('\n'));
        }
    }

    private static String ids(ApMask mask) {
        List<String> ids = new ArrayList<>();
        mask.forEach(id -> ids.add(String.format("0x%02x", id)));
        return ids.toString();
    }
}

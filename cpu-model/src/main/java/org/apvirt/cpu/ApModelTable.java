// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.List;

/** The table of {@code docs/cpu-models.md}: every model and, for each AP feature, whether it may have it. */
public final class ApModelTable {
    private static final List<CpuFeature> COLUMNS = List.of(CpuFeature.AP, CpuFeature.AP_QUERY_CONFIG_INFO,
            CpuFeature.AP_FACILITIES_TEST, CpuFeature.AP_QUEUE_INTERRUPT_CONTROL, CpuFeature.UV_FEAT_AP,
            CpuFeature.UV_FEAT_AP_INTR, CpuFeature.MSA3_BASE);

    private ApModelTable() {}

    /** Returns the table in Markdown, one row per model, with a newline at the end of each. */
    public static String markdown() {
        StringBuilder table = new StringBuilder("| Model | Machine | Type | Gen. | GA |");
        COLUMNS.forEach(feature -> table.append(' ').append(feature).append(" |"));
        table.append("\n|---|---|---|---|---|").append("---|".repeat(COLUMNS.size())).append('\n');
        for (CpuDefinition definition : CpuDefinition.values()) {
            table.append(String.format("| %s | %s | %04x | %d | %d |", definition, definition.description(),
                    definition.type(), definition.generation(), definition.ga()));
            COLUMNS.forEach(feature -> table.append(' ').append(cell(definition, feature)).append(" |"));
            table.append('\n');
        }
        return table.toString();
    }

    private static String cell(CpuDefinition definition, CpuFeature feature) {
        if (!definition.fullFeatures().contains(feature)) {
            return "–";
        }
        if (definition.baseFeatures().contains(feature)) {
            return "base";
        }
        return definition.defaultFeatures().contains(feature) ? "default" : "may";
    }
}

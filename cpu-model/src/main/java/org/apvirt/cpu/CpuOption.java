// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The argument of {@code -cpu}, taken apart: {@code MODEL[,name=value]...}. s390 knows no {@code +feature} and
 * {@code -feature}; empty parts between commas are skipped.
 *
 * @param model what stands before the first comma
 * @param settings the parts up to the first that is not {@code name=value}
 * @param malformed that first part, null if there is none. QEMU complains about it before it applies any setting, but
 *     only if there is such a model
 */
public record CpuOption(String model, List<Setting> settings, @Nullable String malformed) {
    /**
     * One part.
     *
     * @param name property, for example {@code ap}
     * @param value what is behind the first equals sign, for example {@code on}
     */
    public record Setting(String name, String value) {}

    /**
     * Takes an argument apart.
     *
     * @throws CpuModelException if it is empty
     */
    public static CpuOption parse(String text) throws CpuModelException {
        if (text.isEmpty()) {
            throw new CpuModelException("-cpu option cannot be empty");
        }
        int comma = text.indexOf(',');
        String model = comma < 0 ? text : text.substring(0, comma);
        List<Setting> settings = new ArrayList<>();
        String rest = comma < 0 ? "" : text.substring(comma + 1);
        for (String part : rest.split(",")) {
            int equals = part.indexOf('=');
            if (equals >= 0) {
                settings.add(new Setting(part.substring(0, equals), part.substring(equals + 1)));
            } else if (!part.isEmpty()) {
                return new CpuOption(model, List.copyOf(settings), part);
            }
        }
        return new CpuOption(model, List.copyOf(settings), null);
    }
}

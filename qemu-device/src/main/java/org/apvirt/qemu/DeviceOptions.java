// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.LinkedHashMap;
import java.util.Map;

import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a device is to be: the argument of {@code -device}, in either form, or the arguments of QMP {@code device_add}.
 *
 * @param driver type of the device; null if it is missing
 * @param id null if it has none
 * @param bus null if any bus of the right kind will do
 * @param properties the rest in order: text, or a {@link JsonObject.Other}
 */
public record DeviceOptions(@Nullable String driver, @Nullable String id, @Nullable String bus,
        Map<String, Object> properties) {
    /**
     * Returns the options of a QMP {@code device_add}, for example {@code driver=vfio-ap, id=x, sysfsdev=/sys/...}.
     */
    public static DeviceOptions of(Map<String, String> arguments) {
        return split(new LinkedHashMap<>(arguments));
    }

    /** Returns the options of a JSON argument. */
    static DeviceOptions ofJson(String text, QemuVersion version) throws QemuException {
        return split(JsonObject.parse(text, version));
    }

    static DeviceOptions of(OptionText text) {
        return split(new LinkedHashMap<>(text.values()));
    }

    private static DeviceOptions split(Map<String, Object> values) {
        Map<String, Object> properties = new LinkedHashMap<>(values);
        String driver = text(properties, "driver");
        String id = text(properties, "id");
        String bus = text(properties, "bus");
        return new DeviceOptions(driver, id, bus, properties);
    }

    private static @Nullable String text(Map<String, Object> properties, String name) {
        return properties.remove(name) instanceof String text ? text : null;
    }

    /** Tells whether somebody only asks which devices or properties there are. */
    boolean asksForHelp() {
        return "help".equals(driver) || "?".equals(driver) || properties.containsKey("help")
                || properties.containsKey("?");
    }
}

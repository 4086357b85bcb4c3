// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Finds the bus that a device goes to. Names without slashes are looked for in the whole machine; of paths only
 * {@code /} is known. Source: QEMU {@code system/qdev-monitor.c}, {@code qbus_find}, {@code qdev_device_add_from_qdict}.
 */
final class MachineBuses {
    private static final String SYSTEM_BUS = "main-system-bus";
    /** The other buses that always are there, with the names of their types. */
    private static final Map<String, String> S390_BUSES = Map.of("virtual-css", "virtual-css-bus", "pci.0", "PCI");

    private MachineBuses() {}

    /**
     * Returns the bridge whose bus the device vfio-ap goes to.
     *
     * @param wanted name of a bus, null if none was named
     * @param bridge null if the machine has none
     */
    static ApBridge forVfioAp(@Nullable String wanted, @Nullable ApBridge bridge, boolean isS390)
            throws QemuException {
        if (wanted == null) {
            if (bridge == null) {
                throw new QemuException("No 'ap-bus' bus found for device 'vfio-ap'");
            }
            if (bridge.isFull()) {
                throw new QemuException("A 'ap-bus' bus was found but is full");
            }
            return bridge;
        }
        if (wanted.equals(ApBridge.BUS) && bridge != null) {
            if (bridge.isFull()) {
                throw new QemuException("Bus 'ap-bus' is full");
            }
            return bridge;
        }
        String type = typeOf(wanted, isS390);
        throw new QemuException(type == null
                ? "Bus '" + wanted + "' not found"
                : "Device 'vfio-ap' can't go on " + type + " bus");
    }

    /** Checks the bus of another device, as far as it can be told: it is not the AP bus. */
    static void forOther(@Nullable String wanted, @Nullable ApBridge bridge, boolean isS390) throws QemuException {
        if (ApBridge.BUS.equals(wanted) && bridge == null) {
            throw new QemuException("Bus 'ap-bus' not found");
        }
    }

    private static @Nullable String typeOf(String bus, boolean isS390) {
        if (bus.equals("/") || bus.equals(SYSTEM_BUS)) {
            return "System";
        }
        return isS390 ? S390_BUSES.get(bus) : null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the options describe before any of it is made: QEMU first takes all arguments apart, in the order in which they
 * were written, and ends at the first that is malformed.
 */
final class CommandLineObjects {
    /** A device and the option that asks for it. */
    record WantedDevice(QemuOption option, DeviceOptions options) {}

    private final QemuVersion version;
    private final QemuMessages messages;
    private final MachineOptions machine;
    private final MachineObjects objects;
    private final List<WantedDevice> devices = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private boolean helpWanted;
    private @Nullable WantedDevice helpOn;

    CommandLineObjects(QemuVersion version, MachineOptions machine, MachineObjects objects, QemuMessages messages) {
        this.version = version;
        this.machine = machine;
        this.objects = objects;
        this.messages = messages;
    }

    /** Takes an option's argument apart. */
    void read(QemuOption option) throws QemuException {
        switch (option.name()) {
            case "machine", "M" -> machine.read(option);
            case "object" -> objects.add(option.text());
            case "device" -> readDevice(option);
            case "h", "help", "version" -> helpWanted = true;
            case "cpu" -> helpWanted |= option.text().equals("help") || option.text().equals("?");
            default -> {
            }
        }
    }

    private void readDevice(QemuOption option) throws QemuException {
        String text = option.text();
        DeviceOptions options;
        if (text.startsWith("{")) {
            options = DeviceOptions.ofJson(text, version);
        } else {
            OptionText parsed = OptionText.parse(text, "driver");
            options = DeviceOptions.of(parsed);
            String id = options.id();
            if (id != null && !OptionText.isIdentifier(id)) {
                throw OptionText.badId();
            }
            if (id != null && !ids.add(id)) {
                throw new QemuException("Duplicate ID '" + id + "' for device");
            }
            for (String warning : parsed.warnings()) {
                int hint = warning.indexOf('\n');
                messages.report(option.place(),
                        new QemuException(warning.substring(0, hint), warning.substring(hint + 1)));
            }
            if (options.asksForHelp() && helpOn == null) {
                helpOn = new WantedDevice(option, options);
            }
        }
        devices.add(new WantedDevice(option, options));
    }

    /** Returns the devices in the order in which they were written. */
    List<WantedDevice> devices() {
        return devices;
    }

    /**
     * Prints help if it is asked for: the properties of a device type. Lists (of machines, CPUs, devices) are left out.
     *
     * @return whether QEMU would print help and end
     */
    boolean help() {
        WantedDevice device = helpOn;
        if (!helpWanted && device != null) {
            DeviceTypes.printHelp(device, version, messages);
        }
        return helpWanted || device != null;
    }
}

package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the options describe before any of it is made: QEMU first takes all arguments apart, in the order in which they
 * were written, and ends at the first that is malformed.
 */
final class CommandLineObjects {
    /** A device and the option that asks for it. */
    record WantedDevice(QemuOption option, DeviceOptions options) {}

    private final QemuMessages messages;
    private final MachineOptions machine;
    private final MachineObjects objects;
    private final List<WantedDevice> devices = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private boolean helpWanted;

    CommandLineObjects(MachineOptions machine, MachineObjects objects, QemuMessages messages) {
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
            options = DeviceOptions.ofJson(text);
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
            helpWanted |= options.asksForHelp();
        }
        devices.add(new WantedDevice(option, options));
    }

    /** Returns the devices in the order in which they were written. */
    List<WantedDevice> devices() {
        return devices;
    }

    /** Tells whether QEMU would print a list or a page of help and end. */
    boolean helpWanted() {
        return helpWanted;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.qemu.TcgCommandLine.Monitor;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The QMP monitors of a command line. Those on Unix sockets are moved to sockets that QEMU listens to and we connect to; what else
 * was asked of the socket stays. Of any other monitor the user is told that it is QEMU's alone.
 */
final class TcgMonitors {
    private static final String OPTION = "qmp";
    /** What of a socket is ours. */
    private static final Set<String> REPLACED = Set.of("backend", "id", "fd", "path", "abstract", "tight", "server",
            "wait");

    private final Path directory;
    private final Set<String> controls;
    private final List<Monitor> moved = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /**
     * The monitors of a line.
     *
     * @param directory where QEMU is to have its own
     */
    TcgMonitors(QemuCommandLine line, Path directory) {
        this.directory = directory;
        this.controls = controls(line);
    }

    /** Returns the ids of the character devices that QMP monitors are on. */
    private static Set<String> controls(QemuCommandLine line) {
        Set<String> ids = new HashSet<>();
        for (QemuOption option : line.all("mon", "mon")) {
            OptionText text = OptionText.parse(option.text(), "chardev");
            String id = text.value("chardev");
            if (id != null && "control".equals(text.value("mode"))) {
                ids.add(id);
            }
        }
        for (QemuOption option : line.all("object", "object")) {
            String text = option.text();
            if ("monitor-qmp".equals(TcgCommandLine.value(text, "qom-type"))
                    && TcgCommandLine.value(text, "chardev") instanceof String id) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** Returns those that were moved, in the order of the line. */
    List<Monitor> moved() {
        return moved;
    }

    /** Returns lines about those that were not. */
    List<String> warnings() {
        return warnings;
    }

    /** Returns what the argument of {@code -chardev} becomes. */
    String chardev(String text) {
        Map<String, String> values = OptionText.parse(text, "backend").values();
        String id = values.get("id");
        if (id == null || !controls.contains(id)) {
            return text;
        }
        String instead = "socket".equals(values.get("backend")) ? move(values) : null;
        if (instead == null) {
            warn("-chardev " + text);
        }
        return instead == null ? text : "socket,id=" + id + instead.replaceFirst("^path=", ",path=");
    }

    /** Returns what the argument of {@code -qmp} becomes. */
    String qmp(String text) {
        String instead = text.startsWith("unix:") ? move(OptionText.parse(text.substring(5), "path").values()) : null;
        if (instead == null) {
            warn("-qmp " + text);
        }
        return instead == null ? text : "unix:" + instead.substring(5);
    }

    private void warn(String option) {
        warnings.add("warning: " + option + ": this monitor is QEMU's alone and knows nothing of vfio-ap devices;"
                + " one on a Unix socket does");
    }

    /** Moves a monitor. Returns the new arguments of its socket, null: it is none that can be moved, or QEMU will refuse it. */
    private @Nullable String move(Map<String, String> values) {
        String server = values.getOrDefault("server", "off");
        boolean listens = OptionText.isOn(server);
        boolean isOdd = !listens && (!OptionText.isOff(server) || values.containsKey("wait")
                || values.keySet().stream().anyMatch(name -> name.startsWith("reconnect")));
        if (isOdd || OptionText.isOn(values.getOrDefault("abstract", "off"))) {
            return null;
        }
        Path behind = directory.resolve(OPTION + moved.size());
        String descriptor = values.get("fd");
        String path = values.get("path");
        if (descriptor != null && descriptor.matches("[0-9]{1,9}")) {
            moved.add(new Monitor(Integer.parseInt(descriptor), behind, behind, listens));
        } else if (path != null && !path.isEmpty()) {
            moved.add(new Monitor(-1, Path.of(path), behind, listens));
        } else {
            return null;
        }
        StringBuilder text = new StringBuilder("path=").append(doubled(behind.toString())).append(",server=on,wait=")
                .append(doubled(listens ? values.getOrDefault("wait", "on") : "off"));
        values.forEach((name, value) -> {
            if (!REPLACED.contains(name)) {
                text.append(',').append(name).append('=').append(doubled(value));
            }
        });
        return text.toString();
    }

    /** QEMU takes two commas for one. */
    private static String doubled(String text) {
        return text.replace(",", ",,");
    }
}

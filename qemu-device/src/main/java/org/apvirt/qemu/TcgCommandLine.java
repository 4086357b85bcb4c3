// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A command line that is meant for KVM, as two others: {@link #words}, which TCG can run, without what only KVM has, and {@link
 * #checked}, which says what the guest is to have of AP, for {@link S390Machine}. So a guest of TCG gets the device of one of KVM
 * from who holds the second.
 *
 * <p>QMP monitors on Unix sockets that QEMU listens to are moved to sockets of ours, so that somebody can stand between.
 *
 * @param words what QEMU is started with, its name first
 * @param checked what is asked for; KVM, and {@code host} where a model says nothing of AP
 * @param warnings what of it the guest does not get, lines
 * @param monitors the QMP monitors that were moved
 * @param wantsKvm whether KVM is asked for by name
 * @param isNone whether it is the machine {@code none}, which has no guest
 * @param name the guest's, null: it has none
 * @param startsStopped whether a monitor is to start the guest
 * @param daemonizes whether QEMU goes on behind its caller
 */
public record TcgCommandLine(List<String> words, List<String> checked, List<String> warnings, List<Monitor> monitors,
        boolean wantsKvm, boolean isNone, @Nullable String name, boolean startsStopped,
        boolean daemonizes) {
    /**
     * Where a client finds a monitor, and where QEMU has it.
     *
     * @param descriptor of the listening socket that the caller has handed on, -1: the socket is to be made at {@code path}
     * @param path where it is to be made
     * @param behind where QEMU makes its own
     */
    public record Monitor(int descriptor, Path path, Path behind) {}

    private static final Set<String> AP = Set.of("ap", "apft", "apqci", "apqi", "appv", "appvi");
    /** Models that TCG has whole. What is more it has in part only, and refuses as a whole. */
    private static final Set<String> OF_TCG = Set.of("qemu", "max");

    /** Copies the lists. */
    public TcgCommandLine {
        words = List.copyOf(words);
        checked = List.copyOf(checked);
        warnings = List.copyOf(warnings);
        monitors = List.copyOf(monitors);
    }

    /**
     * Takes a command line apart and makes the two of it.
     *
     * @param line the name of the program and its arguments
     * @param directory where the monitors are moved to
     * @throws QemuExit no QEMU takes it, or only one with KVM can: with what is to be printed
     */
    public static TcgCommandLine of(List<String> line, Path directory) throws QemuExit {
        return new Writer(QemuCommandLine.parse(line), directory).write(line);
    }

    /** Writes both, option by option. */
    private static final class Writer {
        private final QemuCommandLine parsed;
        private final Path directory;
        private final List<String> words = new ArrayList<>();
        private final List<String> checked = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private final List<Monitor> monitors = new ArrayList<>();
        private boolean wantsKvm;
        private boolean isNone;
        private boolean startsStopped;
        private boolean daemonizes;
        private boolean hasCpu;
        private @Nullable String name;

        Writer(QemuCommandLine parsed, Path directory) {
            this.parsed = parsed;
            this.directory = directory;
        }

        TcgCommandLine write(List<String> line) throws QemuExit {
            Set<String> controls = controls();
            words.add(line.get(0));
            checked.add(parsed.program());
            int next = 0;
            for (int i = 1; i < line.size(); i++) {
                if (!line.get(i).startsWith("-")) {
                    keep(line.get(i), null);
                    continue;
                }
                QemuOption option = parsed.options().get(next++);
                if (option.argument() != null) {
                    i++;
                }
                try {
                    write(option, controls);
                } catch (QemuException e) {
                    throw refused(option, e);
                }
            }
            if (!hasCpu && !isNone) {
                checked.addAll(List.of("-cpu", "host"));
            }
            checked.addAll(1, List.of("-accel", "kvm"));
            return new TcgCommandLine(words, checked, warnings, monitors, wantsKvm, isNone, name, startsStopped,
                    daemonizes);
        }

        private QemuExit refused(QemuOption option, QemuException e) {
            QemuMessages messages = new QemuMessages(parsed.program());
            messages.report(option.place(), e);
            return new QemuExit(messages, 1);
        }

        /** Returns the ids of the character devices that QMP monitors are on. */
        private Set<String> controls() {
            Set<String> ids = new HashSet<>();
            for (QemuOption option : parsed.all("mon", "mon")) {
                OptionText text = OptionText.parse(option.text(), "chardev");
                String id = text.value("chardev");
                if (id != null && "control".equals(text.value("mode"))) {
                    ids.add(id);
                }
            }
            for (QemuOption option : parsed.all("object", "object")) {
                String text = option.text();
                if ("monitor-qmp".equals(value(text, "qom-type")) && value(text, "chardev") instanceof String id) {
                    ids.add(id);
                }
            }
            return ids;
        }

        private void keep(String written, @Nullable String argument) {
            for (List<String> both : List.of(words, checked)) {
                both.add(written);
                if (argument != null) {
                    both.add(argument);
                }
            }
        }

        private void write(QemuOption option, Set<String> controls) throws QemuException {
            String written = option.written();
            String text = option.text();
            switch (option.name()) {
                case "accel" -> accelerator(written, text);
                case "enable-kvm" -> {
                    wantsKvm = true;
                    words.addAll(List.of("-accel", "tcg"));
                }
                case "machine", "M" -> machine(written, text);
                case "cpu" -> cpu(written, text);
                case "device" -> device(written, text);
                case "object" -> object(written, text);
                case "chardev" -> chardev(written, text, controls);
                case "qmp", "qmp-pretty" -> qmp(written, text);
                case "name" -> {
                    name = OptionText.parse(text, "guest").value("guest");
                    keep(written, text);
                }
                case "S" -> {
                    startsStopped = true;
                    keep(written, null);
                }
                case "daemonize" -> {
                    daemonizes = true;
                    keep(written, null);
                }
                default -> keep(written, option.argument());
            }
        }

        private void accelerator(String written, String text) {
            boolean kvm = "kvm".equals(OptionText.parse(text, "accel").value("accel"));
            wantsKvm |= kvm;
            words.addAll(List.of(written, kvm ? "tcg" : text));
        }

        private void machine(String written, String text) throws QemuException {
            List<String> kept = new ArrayList<>();
            List<String> asked = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                if (part.startsWith("accel=")) {
                    wantsKvm |= List.of(part.substring(6).split(":", -1)).contains("kvm");
                    kept.add("accel=tcg");
                    continue;
                }
                if (part.startsWith("confidential-guest-support=")) {
                    throw needsKvm("a protected guest");
                }
                isNone |= part.equals("none") || part.equals("type=none");
                kept.add(part);
                // The QEMU that is started knows its own versions.
                asked.add(part.replaceFirst("^((?:type=)?s390-ccw-virtio)-[0-9.]+$", "$1"));
            }
            words.addAll(List.of(written, String.join(",", kept)));
            if (!asked.isEmpty()) {
                checked.addAll(List.of(written, String.join(",", asked)));
            }
        }

        private static QemuException needsKvm(String what) {
            return new QemuException(what + " needs KVM; the guests of apvirt run in TCG");
        }

        private void cpu(String written, String text) {
            hasCpu = true;
            List<String> parts = List.of(text.split(",", -1));
            String model = parts.get(0);
            boolean isWhole = OF_TCG.contains(model);
            if (!isWhole && !model.equals("host")) {
                warnings.add("warning: TCG has no whole CPU " + model + "; the guest gets max");
            }
            List<String> kept = new ArrayList<>(List.of(isWhole ? model : "max"));
            for (String part : parts.subList(1, parts.size())) {
                String feature = part.replaceFirst("^[+-]", "").replaceFirst("=.*$", "");
                boolean off = part.startsWith("-") || part.matches(".*=(off|no|false|n)");
                if (!AP.contains(feature) && (isWhole || off)) {
                    kept.add(part);
                }
            }
            words.addAll(List.of(written, String.join(",", kept)));
            checked.addAll(List.of(written, model.equals("qemu") ? "host" + text.substring(4) : text));
        }

        private void device(String written, String text) {
            Object driver = value(text, "driver");
            if (!DeviceTypes.VFIO_AP.equals(driver) && !"vfio_ap".equals(driver)) {
                words.addAll(List.of(written, text));
            }
            checked.addAll(List.of(written, text));
        }

        private void object(String written, String text) throws QemuException {
            if ("s390-pv-guest".equals(value(text, "qom-type"))) {
                throw needsKvm("a protected guest");
            }
            keep(written, text);
        }

        /** Returns a value of -device or -object in either form. What is malformed has none: who checks the line says so. */
        private static @Nullable Object value(String text, String name) {
            try {
                if (text.startsWith("{")) {
                    return JsonObject.parse(text, QemuVersion.V11).get(name);
                }
                return OptionText.parse(text, name.equals("driver") ? "driver" : "qom-type").value(name);
            } catch (QemuException e) {
                return null;
            }
        }

        private void chardev(String written, String text, Set<String> controls) {
            OptionText parts = OptionText.parse(text, "backend");
            String id = parts.value("id");
            boolean serves = isOn(parts.value("server"));
            String moved = null;
            if (id != null && controls.contains(id) && "socket".equals(parts.value("backend")) && serves) {
                Path behind = move(parts.value("fd"), parts.value("path"));
                moved = behind == null ? null : "socket,id=" + id + server(behind);
            }
            words.addAll(List.of(written, moved == null ? text : moved));
            checked.addAll(List.of(written, text));
        }

        private void qmp(String written, String text) {
            Path behind = null;
            if (text.startsWith("unix:")) {
                Map<String, String> parts = new LinkedHashMap<>(OptionText.parse(text.substring(5), "path").values());
                behind = isOn(parts.get("server")) ? move(parts.get("fd"), parts.get("path")) : null;
            }
            words.addAll(List.of(written, behind == null ? text : "unix:" + quoted(behind) + ",server=on,wait=off"));
            checked.addAll(List.of(written, text));
        }

        private static boolean isOn(@Nullable String value) {
            return value != null && value.matches("on|yes|true|y");
        }

        /** Moves a monitor, null: it is on no socket of the file system's that QEMU would listen to. */
        private @Nullable Path move(@Nullable String descriptor, @Nullable String path) {
            Path behind = directory.resolve("qmp" + monitors.size());
            if (descriptor != null && descriptor.matches("[0-9]{1,9}")) {
                monitors.add(new Monitor(Integer.parseInt(descriptor), behind, behind));
            } else if (path != null && !path.isEmpty()) {
                monitors.add(new Monitor(-1, Path.of(path), behind));
            } else {
                return null;
            }
            return behind;
        }

        private static String server(Path path) {
            return ",path=" + quoted(path) + ",server=on,wait=off";
        }

        /** QEMU takes two commas for one. */
        private static String quoted(Path path) {
            return path.toString().replace(",", ",,");
        }
    }
}

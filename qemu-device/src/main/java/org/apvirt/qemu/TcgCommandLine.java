// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A command line that is meant for KVM, as two others: {@link #words}, which TCG can run, without what only KVM has, and {@link
 * #checked}, which says what the guest is to have of AP, for {@link S390Machine}. So a guest of TCG gets the device of one of KVM
 * from who holds the second.
 *
 * <p>QMP monitors on Unix sockets are moved to sockets of ours, so that somebody can stand between.
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
     * @param descriptor of the socket that the caller has handed on, -1: it is to be made, at {@code path} or to it
     * @param path where it is to be made, or where the client listens
     * @param behind where QEMU makes its own
     * @param listens whether clients come; else there is one, to which the socket is connected
     */
    public record Monitor(int descriptor, Path path, Path behind, boolean listens) {}

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
        private final TcgMonitors monitors;
        private final List<String> words = new ArrayList<>();
        private final List<String> checked = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private final boolean isNone;
        private boolean wantsKvm;
        private boolean startsStopped;
        private boolean daemonizes;
        private boolean hasCpu;
        private @Nullable String name;

        Writer(QemuCommandLine parsed, Path directory) {
            this.parsed = parsed;
            this.monitors = new TcgMonitors(parsed, directory);
            this.isNone = parsed.all("machine", "M").stream().flatMap(it -> Stream.of(it.text().split(",", -1)))
                    .anyMatch(part -> part.equals("none") || part.equals("type=none"));
        }

        TcgCommandLine write(List<String> line) throws QemuExit {
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
                    write(option);
                } catch (QemuException e) {
                    throw refused(option, e);
                }
            }
            if (!hasCpu && !isNone) {
                checked.addAll(List.of("-cpu", "host"));
            }
            checked.addAll(1, List.of("-accel", "kvm"));
            warnings.addAll(monitors.warnings());
            return new TcgCommandLine(words, checked, warnings, monitors.moved(), wantsKvm, isNone, name, startsStopped,
                    daemonizes);
        }

        private QemuExit refused(QemuOption option, QemuException e) {
            QemuMessages messages = new QemuMessages(parsed.program());
            messages.report(option.place(), e);
            return new QemuExit(messages, 1);
        }

        private void keep(String written, @Nullable String argument) {
            for (List<String> both : List.of(words, checked)) {
                both.add(written);
                if (argument != null) {
                    both.add(argument);
                }
            }
        }

        private void write(QemuOption option) throws QemuException {
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
                case "chardev" -> replace(written, text, monitors.chardev(text));
                case "qmp", "qmp-pretty" -> replace(written, text, monitors.qmp(text));
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
            boolean isOurs = DeviceTypes.VFIO_AP.equals(driver) || "vfio_ap".equals(driver);
            if (!isOurs || isNone) { // the machine none refuses it itself
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

        private void replace(String written, String text, String instead) {
            words.addAll(List.of(written, instead));
            checked.addAll(List.of(written, text));
        }
    }

    /** Returns a value of -device or -object in either form. What is malformed has none: who checks the line says so. */
    static @Nullable Object value(String text, String name) {
        try {
            if (text.startsWith("{")) {
                return JsonObject.parse(text, QemuVersion.V11).get(name);
            }
            return OptionText.parse(text, name.equals("driver") ? "driver" : "qom-type").value(name);
        } catch (QemuException e) {
            return null;
        }
    }
}

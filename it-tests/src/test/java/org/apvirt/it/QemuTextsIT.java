// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModelException;
import org.apvirt.cpu.FeatureGroup;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.ModelExpansion;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.RealHostAccess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The same command lines for each real QEMU that there is, which runs them in TCG, and for ours of that version: messages
 * and exit status must be the same. {@code .ci/qemus} fetches them. With {@code -Dqemu.required=true} a missing QEMU fails
 * the test. A QEMU takes a third of a second to refuse, so each version is asked every third line and model, each another
 * third, and all lines in which we claim that it differs from the newest; {@code -Dqemu.everyLine=true} asks everything.
 */
class QemuTextsIT {
    /** One command line a row, arguments separated by blanks; {@code ~} is an empty argument. */
    private static final String LINES = "qemu-command-lines.txt";

    private static final boolean EVERY_LINE = Boolean.getBoolean("qemu.everyLine");
    private static final QemuVersion NEWEST = QemuVersion.V11;

    /** A real QEMU and the version that it is. */
    private record Program(String command, QemuVersion version) {
        @Override
        public String toString() {
            return "QEMU " + version;
        }

        List<String> words(List<String> arguments) {
            return Stream.of(List.of(command), ALWAYS, arguments).flatMap(List::stream).toList();
        }
    }

    private static final List<String> ALWAYS = List.of("-nodefaults", "-display", "none", "-S", "-monitor", "none",
            "-qmp", "stdio");
    private static final String QUIT = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";

    static List<Program> programs() throws Exception {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/qemus").toString()));
        Programs.require("qemu.required", fetched.status() == 0, fetched.text());
        List<Program> programs = new ArrayList<>();
        try (Stream<Path> commands = Files.list(Path.of(fetched.lastLine(), "bin"))) {
            for (Path command : commands.filter(name -> name.getFileName().toString().startsWith("qemu")).toList()) {
                QemuVersion version = QemuVersion.ofPrinted(
                        Programs.run(List.of(command.toString(), "--version")).text());
                if (version == null) {
                    System.err.println(command + ": this version is not played, so nothing is compared with it");
                } else {
                    programs.add(new Program(command.toString(), version));
                }
            }
        }
        Programs.require("qemu.required", !programs.isEmpty(), "none of the versions that are played is here");
        return programs;
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyCommandLineDrawsTheSameMessages(Program qemu) throws Exception {
        List<Callable<String>> comparisons = new ArrayList<>();
        List<String> lines;
        try (InputStream file = QemuTextsIT.class.getResourceAsStream(LINES)) {
            lines = new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean turn = (i + qemu.version.ordinal()) % 3 == 0;
            if (EVERY_LINE || turn || !ours(qemu.version, line).equals(ours(NEWEST, line))) {
                comparisons.add(() -> difference(qemu, line));
            }
        }
        List<String> differences = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            for (Future<String> compared : threads.invokeAll(comparisons)) {
                differences.add(compared.get());
            }
        }
        assertEquals("", String.join("", differences));
        assertTrue(differences.size() >= lines.size() / 3);
    }

    private static List<String> words(String line) {
        return Stream.of(line.split(" ")).map(word -> word.equals("~") ? "" : word).toList();
    }

    private static String ours(QemuVersion version, String line) {
        List<String> words = new ArrayList<>(List.of("qemu-system-s390x"));
        words.addAll(ALWAYS);
        words.addAll(words(line));
        QemuCheck ours = QemuCheck.of(new QemuHost(version, null, false, new RealHostAccess()), words);
        return text(ours.exitStatus(), ours.messages(), ours.output());
    }

    /** Returns what differs, empty if nothing does. */
    private static String difference(Program qemu, String line) throws Exception {
        List<String> words = qemu.words(words(line));
        Path errors = Files.createTempFile("qemu", ".txt");
        Path output = Files.createTempFile("qemu", ".out");
        try {
            Process process = new ProcessBuilder(words).redirectError(errors.toFile()).redirectOutput(output.toFile())
                    .start();
            try (Writer in = process.outputWriter()) {
                in.write(QUIT);
            } catch (IOException e) {
                // It ended before it read anything, as it should.
            }
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return line + ": QEMU did not end\n";
            }
            String expected = text(process.exitValue(), Files.readAllLines(errors), Files.readAllLines(output));
            String actual = ours(qemu.version, line);
            return expected.equals(actual) ? "" : line + "\n  QEMU: " + expected + "\n  ours: " + actual + "\n";
        } finally {
            Files.delete(errors);
            Files.delete(output);
        }
    }

    private static String text(int status, List<String> messages, List<String> output) {
        List<String> lines = new ArrayList<>(List.of("exit status " + status));
        messages.forEach(line -> lines.add(line.replaceFirst("^qemu-system-s390x[-.0-9]*", "qemu-system-s390x")));
        output.stream().filter(line -> !line.startsWith("{")).forEach(line -> lines.add("stdout: " + line));
        return String.join("\n        ", lines);
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyModelIsWrittenOutAsQemuDoes(Program qemu) throws Exception {
        HostCpu tcg = HostCpu.tcg(qemu.version);
        List<String> wrong = new ArrayList<>();
        try (QemuMonitor monitor = new QemuMonitor(qemu.words(List.of()))) {
            List<String> models = monitor.models();
            assertEquals(ourModels(qemu.version), new TreeSet<>(models));
            for (String model : models) {
                compare(model + " full", monitor.expansion("full", model),
                        ModelExpansion.toFull(tcg.model(model), qemu.version).properties(), wrong);
                compare(model + " static", monitor.expansion("static", model),
                        ModelExpansion.toStatic(tcg.model(model), qemu.version).properties(), wrong);
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static TreeSet<String> ourModels(QemuVersion version) {
        TreeSet<String> models = new TreeSet<>(List.of("max", "qemu"));
        Stream.of(CpuDefinition.values()).filter(version::knows)
                .forEach(definition -> models.addAll(List.of(definition.toString(), definition + "-base")));
        return models;
    }

    private static void compare(String what, Map<String, Boolean> real, Map<String, Boolean> ours,
            List<String> wrong) {
        Set<Map.Entry<String, Boolean>> onlyReal = new HashSet<>(real.entrySet());
        onlyReal.removeAll(ours.entrySet());
        Set<Map.Entry<String, Boolean>> onlyOurs = new HashSet<>(ours.entrySet());
        onlyOurs.removeAll(real.entrySet());
        if (!onlyReal.isEmpty() || !onlyOurs.isEmpty() || real.isEmpty() && what.endsWith(" full")) {
            wrong.add(what + ": QEMU " + onlyReal + ", ours " + onlyOurs);
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void eachFeatureOfEachModelIsRefusedOrNotInTheSameWords(Program qemu) throws Exception {
        HostCpu tcg = HostCpu.tcg(qemu.version);
        List<String> names = Stream.concat(Stream.of(CpuFeature.values()), Stream.of(FeatureGroup.values()))
                .map(Object::toString).toList();
        List<String> wrong = new ArrayList<>();
        try (QemuMonitor monitor = new QemuMonitor(qemu.words(List.of()))) {
            for (CpuDefinition model : CpuDefinition.values()) {
                if (!EVERY_LINE && (model.ordinal() + qemu.version.ordinal()) % 3 != 0) {
                    continue;
                }
                List<String> answers = monitor.refusals(model.toString(), names);
                for (int i = 0; i < names.size(); i++) {
                    String ours = refusal(tcg, model, names.get(i));
                    if (!ours.equals(answers.get(i))) {
                        wrong.add(model + "," + names.get(i) + ": " + answers.get(i) + " | " + ours);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(names.size() > 380);
    }

    /** QMP puts no "can't apply global" before a message, and words two of them otherwise. */
    private static String refusal(HostCpu tcg, CpuDefinition model, String name) {
        try {
            tcg.model(model + "," + name + "=on");
            return "";
        } catch (CpuModelException e) {
            if (e.getMessage().startsWith("unable to find CPU model")) {
                return "The CPU definition '" + model + "' is unknown.";
            }
            return e.getMessage().replaceFirst("can't apply global [^:]*: ", "");
        }
    }
}

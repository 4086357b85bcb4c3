// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The script lines of the files for pipelines are run, and what the manifest for Kubernetes names is there. */
@Timeout(120)
@SuppressWarnings("unchecked")
class PipelineExamplesIT {
    private static final Path EXAMPLES = Programs.ROOT.resolve("examples");

    @TempDir
    Path directory;

    private static List<Map<String, Object>> documents(String file) throws Exception {
        List<Map<String, Object>> all = new ArrayList<>();
        new Load(LoadSettings.builder().build()).loadAllFromString(Files.readString(EXAMPLES.resolve(file)))
                .forEach(document -> all.add((Map<String, Object>) document));
        return all;
    }

    private static <T> T at(Object node, Object... path) {
        Object here = node;
        for (Object step : path) {
            here = step instanceof Integer index ? ((List<?>) here).get(index) : ((Map<?, ?>) here).get(step);
        }
        return (T) here;
    }

    /** Runs lines as a runner does, in a shell that ends at the first that fails; {@code sudo} is what root needs not. */
    private String run(List<String> lines, Map<String, String> variables) throws Exception {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        program(bin.resolve("apvirt"), ExecutedProgram.apvirt().stream().map(word -> "'" + word + "'")
                .collect(Collectors.joining(" ", "exec ", " \"$@\"")));
        program(bin.resolve("sudo"), "exec \"$@\"");
        StringBuilder script = new StringBuilder("set -e\ncd " + directory + "\nPATH=" + bin + ":$PATH\n");
        variables.forEach((name, value) -> script.append("export ").append(name).append("='").append(value)
                .append("'\n"));
        Programs.Output output = Programs.run(List.of("bash", "-c", script + String.join("\n", lines)));
        assertEquals(0, output.status(), output.text());
        return output.text();
    }

    private static void program(Path file, String text) throws Exception {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void theWorkflowOfGithubSeesTheCardAndChecksThePlan() throws Exception {
        ExecutedProgram.requireFuse();
        Map<String, Object> workflow = documents("ci/github/workflow.yml").get(0);
        List<Map<String, Object>> steps = at(workflow, "jobs", "cards", "steps");
        List<String> lines = steps.stream().filter(step -> step.containsKey("run"))
                .map(step -> step.get("run").toString()).toList();
        assertTrue(run(lines, Map.of()).contains("CEX8C"), lines::toString);
        // What it hands to the action is what the action takes.
        Set<String> inputs = ((Map<String, Object>) at(documents("ci/github/action.yml").get(0), "inputs")).keySet();
        steps.stream().filter(step -> step.containsKey("with"))
                .forEach(step -> assertEquals(inputs, ((Map<String, Object>) step.get("with")).keySet()));
    }

    @Test
    void theScriptOfTheActionInstallsWhatItIsGiven() throws Exception {
        String script = at(documents("ci/github/action.yml").get(0), "runs", "steps", 0, "run");
        Path bin = Files.createDirectories(directory.resolve("bin"));
        program(bin.resolve("apt-get"), "echo \"$@\"");
        Path given = Files.writeString(directory.resolve("given.deb"), "a package");
        String said = run(List.of(script, "cat $GITHUB_OUTPUT"), Map.of("PACKAGE", given.toString(), "RUNNER_TEMP",
                Files.createDirectory(directory.resolve("temp")).toString(), "GITHUB_OUTPUT",
                directory.resolve("output").toString()));
        assertTrue(said.startsWith("install -y " + directory + "/temp/apvirt.deb\nversion=apvirt "), said);
        assertEquals("a package", Files.readString(directory.resolve("temp/apvirt.deb")));
    }

    @Test
    void theJobOfGitlabChecksAndLooks() throws Exception {
        ExecutedProgram.requireFuse();
        Map<String, Object> file = documents("ci/gitlab/apvirt.gitlab-ci.yml").get(0);
        List<String> lines = new ArrayList<>(at(file, ".apvirt", "before_script"));
        lines.addAll(at(file, "crypto-cards", "script"));
        assertEquals(".apvirt", at(file, "crypto-cards", "extends"));
        String machine = at(file, "variables", "APVIRT_MACHINE");
        String here = machine.replace("/usr/share/doc/apvirt/", Programs.ROOT + "/");
        assertTrue(run(lines, Map.of("APVIRT_MACHINE", here)).endsWith("CEX5C\n"));
    }

    @Test
    void theManifestsMachineHasTheQueuesThatItAnnounces() throws Exception {
        List<Map<String, Object>> manifest = documents("kubernetes/cex-plugin.yaml");
        Path file = Files.writeString(directory.resolve("machine.yaml"), at(manifest.get(1), "data", "machine.yaml"));
        Host host = MachineFile.read(file).boot(new VirtualTime());
        TreeSet<String> announced = new TreeSet<>();
        for (JsonElement set : JsonParser.parseString(at(manifest.get(2), "data", "cex_resources.json"))
                .getAsJsonObject().getAsJsonArray("cryptoconfigsets")) {
            for (JsonElement queue : set.getAsJsonObject().getAsJsonArray("apqns")) {
                announced.add(new Apqn(queue.getAsJsonObject().get("adapter").getAsInt(),
                        queue.getAsJsonObject().get("domain").getAsInt()).toString());
            }
        }
        assertEquals(4, announced.size());
        for (String queue : announced) {
            assertEquals("1\n", host.read("/sys/bus/ap/devices/" + queue + "/online"), queue);
        }
    }

    @Test
    void theManifestsContainersMountVolumesThatItHas() throws Exception {
        Map<String, Object> pod = at(documents("kubernetes/cex-plugin.yaml").get(3), "spec", "template", "spec");
        Set<String> volumes = new TreeSet<>();
        ((List<Map<String, Object>>) at(pod, "volumes")).forEach(volume -> volumes.add(at(volume, "name")));
        Set<String> mounted = new TreeSet<>();
        List<Map<String, Object>> containers = new ArrayList<>(at(pod, "initContainers"));
        containers.addAll(at(pod, "containers"));
        containers.forEach(container -> ((List<Map<String, Object>>) at(container, "volumeMounts"))
                .forEach(mount -> mounted.add(at(mount, "name"))));
        assertEquals(volumes, mounted);
        String command = at(containers.get(0), "command", 2);
        String mountPoint = command.strip().replaceAll(".* ", "");
        List<Map<String, Object>> variables = at(containers.get(1), "env");
        List<String> places = variables.stream().map(variable -> String.valueOf(variable.get("value")))
                .filter(value -> value.contains("/sys/")).toList();
        assertEquals(List.of("bus/ap", "devices/ap", "class/zcrypt"),
                places.stream().map(place -> place.replace(mountPoint + "/sys/", "")).toList());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.cli.Apvirt;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.WebServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The page in a real Chromium: what a person does there is {@code browser/page.mjs}, at that of a plan {@code plan.mjs}, of all queues {@code many.mjs}. Its screenshots are those of the
 * documents; {@code -Dscreenshots=docs/images} writes them there.
 */
@Tag("alone") // says how many milliseconds drawing takes
class WebPageIT {
    private static final Path BROWSER = Programs.ROOT.resolve("it-tests/browser");

    @BeforeAll
    static void aBrowserIsThere() {
        Programs.require("browser.required",
                Files.isDirectory(BROWSER.resolve("node_modules/playwright-core")) && Programs.isInstalled("node")
                        && Programs.isInstalled("chromium"),
                "Chromium or Playwright is missing: .ci/browser");
    }

    @Test
    @Timeout(120)
    void aPersonLooksAndAssignsAndIsToldWhatTheKernelRefuses() throws Exception {
        Path pictures = Programs.ROOT.resolve(System.getProperty("screenshots", "it-tests/target/screenshots"));
        Files.createDirectories(pictures);
        Path output = Files.createTempFile("page", ".json");
        RunningMachine running = RunningMachine.boot(BROWSER.resolve("machine.yaml"), null);
        try (WebServer server = WebServer.open(0, running, "mount")) {
            visit(output, "page.mjs", server.address(), pictures.toAbsolutePath().toString());
        }
        JsonObject figures = JsonParser.parseString(read(output)).getAsJsonObject();
        assertTrue(figures.get("changeMillis").getAsInt() <= 100, figures.toString());
        assertTrue(figures.get("drawMillis").getAsInt() < 1000, figures.toString());
    }

    /** 65,536 queues that a booted host has, not drawn up: 256 cards with 256 domains. */
    @Test
    @Timeout(120)
    void aHostOfAllQueuesThereAreIsDrawnAtOnceAndSoIsAChange() throws Exception {
        Path machine = Files.createTempFile("many", ".yaml");
        Files.writeString(machine,
                "level: linux-6.12\nadapters: {" + IntStream.range(0, 256).mapToObj(id -> id + ": CEX8C")
                        .collect(Collectors.joining(", ")) + "}\nusage-domains: "
                        + IntStream.range(0, 256).boxed().toList() + "\n");
        Path output = Files.createTempFile("many", ".json");
        RunningMachine running = RunningMachine.boot(machine, null);
        try (WebServer server = WebServer.open(0, running, "mount")) {
            visit(output, "many.mjs", server.address());
        }
        JsonObject figures = JsonParser.parseString(read(output)).getAsJsonObject();
        assertTrue(figures.get("openMillis").getAsInt() < 1000, figures.toString());
        assertTrue(figures.get("changeMillis").getAsInt() <= 100, figures.toString());
    }

    @Test
    @Timeout(60)
    void thePageOfAPlanIsOneFileThatAsksNobody() throws Exception {
        Path page = Files.createTempDirectory("plan").resolve("plan.html");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        assertEquals(0, Apvirt.run(said, said, "check", "--html", page.toString(),
                Programs.ROOT.resolve("examples/two-guests.yaml").toString()), said::toString);
        visit(Files.createTempFile("plan", ".log"), "plan.mjs", page.toString());
    }

    private static void visit(Path output, String script, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("node", BROWSER.resolve(script).toString()));
        command.addAll(List.of(words));
        Process browser = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertTrue(browser.waitFor(100, TimeUnit.SECONDS), "no end");
        assertEquals(0, browser.exitValue(), () -> read(output));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

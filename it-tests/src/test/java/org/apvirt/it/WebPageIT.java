// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.WebServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The page in a real Chromium: what a person does there is {@code browser/page.mjs}. Its screenshots are those of the
 * documents; {@code -Dscreenshots=docs/images} writes them there.
 */
class WebPageIT {
    private static final Path BROWSER = Programs.ROOT.resolve("it-tests/browser");

    @Test
    @Timeout(120)
    void aPersonLooksAndAssignsAndIsToldWhatTheKernelRefuses() throws Exception {
        Programs.require("browser.required",
                Files.isDirectory(BROWSER.resolve("node_modules/playwright-core")) && Programs.isInstalled("node")
                        && Programs.isInstalled("chromium"),
                "Chromium or Playwright is missing: .ci/browser");
        Path pictures = Programs.ROOT.resolve(System.getProperty("screenshots", "it-tests/target/screenshots"));
        Files.createDirectories(pictures);
        Path output = Files.createTempFile("page", ".json");
        RunningMachine running = RunningMachine.boot(BROWSER.resolve("machine.yaml"), null);
        try (WebServer server = WebServer.open(0, running, "mount")) {
            Process browser = new ProcessBuilder("node", BROWSER.resolve("page.mjs").toString(), server.address(),
                    pictures.toAbsolutePath().toString()).redirectErrorStream(true).redirectOutput(output.toFile())
                    .start();
            assertTrue(browser.waitFor(100, TimeUnit.SECONDS), "no end");
            assertEquals(0, browser.exitValue(), () -> read(output));
        }
        JsonObject figures = JsonParser.parseString(read(output)).getAsJsonObject();
        assertTrue(figures.get("changeMillis").getAsInt() <= 100, figures.toString());
        assertTrue(figures.get("drawMillis").getAsInt() < 1000, figures.toString());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProgressTest {
    private static final Duration LONG = Duration.ofHours(1);
    private final StringWriter text = new StringWriter();

    private Progress progress(boolean terminal, Duration patience, Duration period) {
        return Progress.of(new PrintWriter(text), "apvirt replay", terminal, patience, period);
    }

    @Test
    @Timeout(60)
    void aTerminalIsToldWhatIsDoneAndTheLineGoesAway() throws InterruptedException {
        try (Progress progress = progress(true, Duration.ofMillis(1), Duration.ofMillis(1))) {
            progress.at("2 of 9, a.json");
            while (!text.toString().contains("\r\033[Kapvirt replay: 2 of 9, a.json, 0 s")) {
                Thread.sleep(1);
            }
        }
        assertTrue(text.toString().endsWith(" s\r\033[K"), text::toString);
    }

    @Test
    void aShortWaitIsNotWorthAWord() {
        try (Progress progress = progress(true, LONG, LONG)) {
            progress.at("1 of 1");
            progress.hide();
        }
        assertEquals("", text.toString());
    }

    @Test
    void aPipeIsToldNothing() throws InterruptedException {
        try (Progress progress = progress(false, Duration.ofMillis(1), Duration.ofMillis(1))) {
            progress.at("1 of 1");
            Thread.sleep(20);
        }
        assertEquals("", text.toString());
    }
}

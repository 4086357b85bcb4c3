// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The newest kernel of the distribution, which changes under us: what holds is reported, what does not is the reason for
 * which the test says that it was skipped. It never fails.
 */
class NewestKernelIT {
    @TempDir
    private Path temporary;

    @Test
    void whatHoldsOfTheNewestKernelIsReported() throws Exception {
        Programs.Output image = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-guest").toString(), "sid"));
        Assumptions.assumeTrue(image.status() == 0, () -> "the newest kernel cannot be had: " + image.lastLine());
        Map<String, String> results = new TreeMap<>();
        try (RealTime time = new RealTime()) {
            SimulatedMachine machine = SimulatedMachine.builder(time)
                    .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                    .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                    .usageDomains(ApMask.of(4, 0xab)).build();
            try (StockGuest guest = new StockGuest.Recipe("sid")
                    .program("bin/rsa", StockGuest.program("rsa", temporary)).script("""
                            echo "release: $(uname -r)"
                            echo "cards: $(lszcrypt | sed -n 's/^\\(0[0-9a-f.]*\\) .*/\\1/p' | tr '\\n' ' ')"
                            echo "random numbers from: $(cat /sys/class/misc/hw_random/rng_current)"
                            echo "rsa: $(rsa me 64 3 5 MODULUS)"
                            """.replace("MODULUS", "f".repeat(128))).start(machine.platform())) {
                collect(guest.awaitEnd(), results);
            } catch (AssertionError e) {
                results.put("end", e.getMessage());
            }
        }
        System.out.println("the newest kernel: " + results); // what the build's log is to show
        List<String> broken = new ArrayList<>();
        expect(broken, results, "cards", "05 05.0004 05.00ab 06 06.0004 06.00ab");
        expect(broken, results, "random numbers from", "zcrypt");
        expect(broken, results, "rsa", "result " + "0".repeat(126) + "f3"); // 3 to the power of 5
        Assumptions.assumeTrue(broken.isEmpty(), () -> "with " + results.get("release") + ": " + broken);
    }

    private static void collect(String console, Map<String, String> results) {
        Matcher lines = Pattern.compile("(?m)^([a-z ]+): (.*\\S)").matcher(console);
        while (lines.find()) {
            results.put(lines.group(1), lines.group(2));
        }
    }

    private static void expect(List<String> broken, Map<String, String> results, String check, String expected) {
        if (!expected.equals(results.get(check))) {
            broken.add(check + ": " + results.get(check));
        }
    }
}

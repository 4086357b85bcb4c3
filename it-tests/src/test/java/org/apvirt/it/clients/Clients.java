// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.it.ExecutedProgram.Said;
import org.apvirt.it.Programs;

/**
 * The programs that {@code .ci/clients} fetches, and the machine that they see: a CEX5C as card 5 and a CEX5A as card 6,
 * each with the domains 4 and 0x47. With {@code -Dclients.required=true} a missing program fails the test, else it is
 * the reason for skipping.
 */
public final class Clients {
    /** The kernel without driver_override, and the one with it. */
    static final String LINUX_6_12 = "linux-6.12";
    static final String LINUX_7_2 = "linux-7.2";

    private static final String PARTS = """

            adapters: {5: CEX5C, 6: CEX5A}
            usage-domains: [4, 0x47]
            """;
    private static Path fetched = Path.of(""); // guarded by the class

    private Clients() {}

    /** Returns the directory of the programs, which {@code bin} holds; skips the test where they cannot be had. */
    public static synchronized Path require() throws Exception {
        ExecutedProgram.requireFuse();
        if (fetched.toString().isEmpty()) {
            Programs.Output output = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString()));
            Programs.require("clients.required", output.status() == 0, output.lastLine());
            fetched = Path.of(output.lastLine());
        }
        return fetched;
    }

    /**
     * Runs a script of bash in which the programs are commands, and {@code apvirt} is one.
     *
     * @param level the kernel
     * @return what it wrote, both outputs in their order. The kernel's feed of random numbers asks the CCA card now and
     *     then; the numbers of requests of card 5 in lszcrypt's tables are not of our making and read 0
     */
    static String says(String level, String script) throws Exception {
        return saysOn(PARTS, level, script);
    }

    /** Does the same on another machine, with options of exec. */
    static String saysOn(String parts, String level, String script, String... options) throws Exception {
        return run(parts, level, script, options);
    }

    /** Does the same in a namespace where listeners hear of events. */
    static String saysWithUevents(String level, String script) throws Exception {
        return run(PARTS, level, script, "--uevents");
    }

    /** Does the same on a machine on which no module is loaded yet, in a namespace where only a udevd hears of events. */
    static String saysBeforeModules(String level, String script) throws Exception {
        return run(PARTS + "modules: []\n", level, script, "--udevd");
    }

    private static String run(String parts, String level, String script, String... options) throws Exception {
        Path bin = require().resolve("bin");
        Path machine = Files.createTempFile("apvirt", ".yaml");
        try {
            Files.writeString(machine, "level: " + level + "\n" + parts);
            // The first two directories are those that the installed packages have. /etc is private here.
            Said said = ExecutedProgram.bash(machine, """
                    exec 2>&1
                    mkdir -p /etc/mdevctl.d /etc/driverctl.d /etc/apvirt-bin
                    echo 'exec %s "$@"' >/etc/apvirt-bin/apvirt
                    chmod +x /etc/apvirt-bin/apvirt
                    export LC_ALL=C PATH=%s:/etc/apvirt-bin:$PATH
                    """.formatted(String.join(" ", ExecutedProgram.apvirt()), bin) + script, options);
            return said.err() + said.out().replaceAll("(?m)^(05(?:\\.[0-9a-f]{4})? .*online +)[0-9]+", "$10");
        } finally {
            Files.delete(machine);
        }
    }
}

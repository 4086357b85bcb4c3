// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CheckCommandTest {
    private static final String EXAMPLES = "../examples/";

    @TempDir
    Path directory;

    @Test
    void theFirstExampleIsAccepted() {
        assertEquals(new CommandLineRun(0, "../examples/example-1.yaml: 2 guests fit\n", ""),
                CommandLineRun.of("check", EXAMPLES + "example-1.yaml"));
    }

    @Test
    void theSecondExampleIsRefusedWithTheQueueAndBothGuests() {
        assertEquals(new CommandLineRun(1, """
                01.0006: guest1 and guest2 both want it (EADDRINUSE)
                ../examples/example-2.yaml: 1 conflict, the guests do not fit
                """, ""), CommandLineRun.of("check", EXAMPLES + "example-2.yaml"));
    }

    @Test
    void jsonSaysTheSameInFields() {
        assertEquals("{\"file\": \"../examples/example-2.yaml\", \"fits\": false, \"conflicts\": 1, \"more\": 0,"
                + " \"findings\": [{\"severity\": \"conflict\", \"queue\": \"01.0006\", \"guests\":"
                + " [\"guest1\", \"guest2\"], \"errno\": \"EADDRINUSE\", \"text\": \"01.0006: guest1 and guest2 both"
                + " want it\", \"remedy\": \"leave it to one of them\"}]}\n",
                CommandLineRun.of("check", "--json", EXAMPLES + "example-2.yaml").out());
    }

    @Test
    void errorsOfTheFileAreJsonTooIfThatIsAskedFor() throws IOException {
        Path file = Files.writeString(directory.resolve("plan.yaml"), MACHINE + "guests: {g: {adapter: [1]}}");

        assertEquals(new CommandLineRun(2, "{\"error\": {\"place\": \"" + file + ":3:14\", \"problem\": \"unknown key"
                + " 'adapter' in a guest (use one of: adapters, control-domains, cpu, domains)\"}}\n", ""),
                CommandLineRun.of("check", "--json", file.toString()));
        assertEquals(new CommandLineRun(2, "{\"error\": {\"place\": \"nosuch\", \"problem\": \"no such file\"}}\n", ""),
                CommandLineRun.of("check", "--json", "nosuch"));
    }

    @Test
    void ofManyFindingsTheFirstAreShownAndTheRestIsCounted() throws IOException {
        String plan = MACHINE
                + "guests: {a: {adapters: [1], domains: [5, 0x47]}, b: {adapters: [1], domains: [5, 0x47]}}";

        assertEquals("""
                01.0005: a and b both want it (EADDRINUSE)
                and 1 more (--max 1)
                plan.yaml: 2 conflicts, the guests do not fit
                """, check(plan, "--max", "1").out());
        assertEquals("""
                01.0005: a and b both want it (EADDRINUSE)
                01.0047: a and b both want it (EADDRINUSE)
                plan.yaml: 2 conflicts, the guests do not fit
                """, check(plan, "--max", "2").out());
        assertEquals(2, check(plan, "--max", "-1").status());
    }

    @Test
    void aDashReadsStandardInput() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream((MACHINE + "guests: {g: {adapters: [1], domains: [5]}}")
                .getBytes(StandardCharsets.UTF_8)));
        try {
            assertEquals(new CommandLineRun(0, "standard input: 1 guest fits\n", ""), CommandLineRun.of("check", "-"));
        } finally {
            System.setIn(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "guests:\n"})
    void aMachineFileWithoutGuestsSaysWhatCheckWants(String guests) throws IOException {
        assertEquals("apvirt check: plan.yaml:" + (guests.isEmpty() ? "1:1" : "3:1") + ": has no guests, so it is a"
                + " machine file and no plan yet (add for example guests: {guest1: {adapters: [1], domains: [5]}})\n",
                check(MACHINE + guests).err());
    }

    @Test
    void aGuestThatIsNullIsRefused() throws IOException {
        assertEquals("apvirt check: plan.yaml:3:10: guest 'g' is null (write {} for a guest without queues)\n",
                check(MACHINE + "guests: {g: }").err());
        assertEquals("apvirt check: plan.yaml: names no guest, so there is nothing to check (add for example guests:"
                + " {guest1: {adapters: [1], domains: [5]}})\n", check(MACHINE + "guests: {}").err());
    }

    /** Twelve guests that each want every queue, and three hundred on one. */
    @Test
    void aLargePlanTakesSeconds() throws IOException {
        String all = IntStream.range(0, 256).mapToObj(String::valueOf).collect(Collectors.joining(", "));
        StringBuilder plan = new StringBuilder("adapters: {"
                + IntStream.range(0, 256).mapToObj(id -> id + ": CEX8C").collect(Collectors.joining(", "))
                + "}\nusage-domains: [" + all + "]\nguests:\n");
        for (int guest = 0; guest < 300; guest++) {
            plan.append("  g").append(guest).append(": {adapters: [").append(guest < 12 ? all : "7")
                    .append("], domains: [").append(guest < 12 ? all : "7").append("]}\n");
        }

        CommandLineRun run = assertTimeout(Duration.ofSeconds(20), () -> check(plan.toString()));

        assertEquals(65_537, run.out().lines().count());
        assertEquals(1, run.out().lines().filter(line -> line.contains("g11, g12, g13,")).count());
    }

    private CommandLineRun check(String plan, String... options) throws IOException {
        Path file = directory.resolve("plan.yaml");
        Files.writeString(file, plan);
        List<String> words = new ArrayList<>(List.of("check", file.toString()));
        words.addAll(List.of(options));
        CommandLineRun run = CommandLineRun.of(words.toArray(String[]::new));
        return new CommandLineRun(run.status(), run.out().replace(file.toString(), "plan.yaml"),
                run.err().replace(file.toString(), "plan.yaml"));
    }

    private static final String MACHINE = "adapters: {1: CEX5C}\nusage-domains: [5, 0x47]\n";

    @Test
    void aCpuModelWithoutApHasNoBusForTheDevice() throws IOException {
        assertEquals(
                new CommandLineRun(1,
                        """
                                g: -cpu zEC12,ap=off,apqci=off,apft=off has no AP instructions, so there is no bus for the vfio-ap device (add ap=on) (QEMU refuses)
                                plan.yaml: 1 conflict, the guests do not fit
                                """,
                        ""),
                check(MACHINE + "guests: {g: {adapters: [1], domains: [5], cpu: 'zEC12,ap=off,apqci=off,apft=off'}}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            z900 | g: -cpu z900 has no AP instructions, so there is no bus for the vfio-ap device (no model before zEC12 has it; take that or a newer one) (QEMU refuses)
            """)
    void whatAModelCannotHaveIsNotTurnedOn(String cpu, String line) throws IOException {
        assertEquals(line, check(MACHINE + "guests: {g: {adapters: [1], domains: [5], cpu: " + cpu + "}}").out().lines()
                .findFirst().orElse(""));
    }

    @Test
    void whatTheMachineLacksIsNotTurnedOnEither() throws IOException {
        assertEquals("note: g: -cpu zEC12,ap=on,apqci=on,apft=off has no apft, so the guest's drivers take no card"
                + " (the machine has none to give)",
                check("facilities: [qci, apqi, apxa]\n" + MACHINE
                        + "guests: {g: {adapters: [1], domains: [5], cpu: 'zEC12,ap=on,apqci=on,apft=off'}}").out()
                        .lines().findFirst().orElse(""));
    }

    @Test
    void aCardThatAnswersNothingIsANoteInFieldsToo() throws IOException {
        CommandLineRun run = check("adapters: {1: {type: CEX8C, config: false}}\nusage-domains: [5]\n"
                + "guests: {g: {adapters: [1], domains: [5]}}", "--json");

        assertEquals(new CommandLineRun(0, "{\"file\": \"plan.yaml\", \"fits\": true, \"conflicts\": 0, \"more\": 0,"
                + " \"findings\": [{\"severity\": \"note\", \"queue\": null, \"guests\": [\"g\"], \"errno\": null,"
                + " \"text\": \"g: adapter 1 is deconfigured, so its queues are of no use to the guest\","
                + " \"remedy\": \"echo 1 > /sys/devices/ap/card01/config\"}]}\n", ""), run);
    }

    @Test
    void withoutApqciHighDomainsStayUnseen() throws IOException {
        CommandLineRun run = check(MACHINE + "guests: {g: {adapters: [1], domains: [0x47], cpu: 'zEC12,apqci=off'}}");

        assertEquals(0, run.status());
        assertEquals("""
                note: g: -cpu zEC12,apqci=off has no apqci, so the guest finds no domain above 15 (add apqci=on)
                plan.yaml: 1 guest fits
                """, run.out());
    }

    @Test
    void aWrongFileIsAUsageErrorWithPlaceAndRemedy() throws IOException {
        CommandLineRun run = check(MACHINE + "guests: {g: {adapter: [1]}}");

        assertEquals(2, run.status());
        assertEquals("apvirt check: plan.yaml:3:14: unknown key 'adapter' in a guest (use one of: adapters,"
                + " control-domains, cpu, domains)\n", run.err());
    }

    @Test
    void aMissingFileIsOneLine() {
        assertEquals(new CommandLineRun(2, "", "apvirt check: nosuch.yaml: no such file\n"),
                CommandLineRun.of("check", "nosuch.yaml"));
    }

    @Test
    void anUnknownOptionPointsToTheHelp() {
        CommandLineRun run = CommandLineRun.of("check", "--nosuch", "x");

        assertEquals(2, run.status());
        assertEquals("apvirt check: unknown option '--nosuch' (see apvirt check --help)\n", run.err());
    }

    @Test
    void everyCommandHasHelp() {
        for (var entry : Apvirt.commandLine().getSubcommands().entrySet()) {
            String command = entry.getKey();
            if (!command.equals("help") && !entry.getValue().getCommandSpec().usageMessage().hidden()) {
                CommandLineRun run = CommandLineRun.of(command, "--help");
                assertEquals(0, run.status(), command);
                assertTrue(run.out().startsWith("Usage: apvirt " + command), run.out());
            }
        }
    }

    @Test
    void aGuestThatCouldMoveIsSaidSoAndOneThatCouldNotWithEveryReason() {
        String a = EXAMPLES + "host-a.yaml";
        String b = EXAMPLES + "host-b.yaml";
        assertEquals(new CommandLineRun(0, "guest1: can be migrated from " + a + " to " + b + "\n", ""),
                CommandLineRun.of("check", "--migrate", a, b, "guest1"));
        assertEquals(new CommandLineRun(1,
                """
                        guest1: the kernel of ../examples/machine.yaml does not migrate guests with queues; only level next does \
                        (unplug its device, migrate it, plug the device of the other host) (not migratable)
                        guest1: adapter 5: AP type of source (0d) not compatible with target (0b) (EFAULT)
                        05.0004: is not bound to vfio_ap on ../examples/machine.yaml (reserve it there: echo -5 > /sys/bus/ap/apmask) (ENODEV)
                        guest1: cannot be migrated, for 3 reasons, from ../examples/host-a.yaml to ../examples/machine.yaml
                        """,
                ""), CommandLineRun.of("check", "--migrate", a, EXAMPLES + "machine.yaml", "guest1"));
        assertEquals("{\"guest\": \"guest1\", \"from\": \"" + a + "\", \"to\": \"" + b
                + "\", \"migrates\": true, \"reasons\": 0, \"more\": 0, \"findings\": []}\n",
                CommandLineRun.of("check", "--json", "--migrate", a, b, "guest1").out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"--migrate a b | --migrate needs PLAN, PLAN2 and GUEST",
            "--migrate a b g x | 'x' is one argument too many",
            "--migrate --sys a u | --migrate needs --sys twice, or not at all",
            "--migrate --sys a --sys b u v | 'v' is one argument too many",
            "--sys a --sys b p | --sys is given twice", "--migrate --picture a b g | --migrate draws no picture"})
    void whatIsToBeMigratedIsNamedOnce(String words, String problem) {
        assertEquals(new CommandLineRun(2, "", "apvirt check: " + problem + " (see apvirt check --help)\n"),
                CommandLineRun.of(("check " + words).split(" ")));
    }

    @Test
    void aGuestThatTheSourceDoesNotHaveIsAnErrorOfItsFile() {
        assertEquals(
                new CommandLineRun(2, "", "apvirt check: ../examples/host-a.yaml: has no guest 'x' (it has guest1)\n"),
                CommandLineRun.of("check", "--migrate", EXAMPLES + "host-a.yaml", EXAMPLES + "host-b.yaml", "x"));
    }
}

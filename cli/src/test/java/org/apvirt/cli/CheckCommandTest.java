package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    void jsonSaysTheSame() {
        assertEquals(
                "{\"file\": \"../examples/example-2.yaml\", \"fits\": false, \"findings\": [{\"errno\": \"EADDRINUSE\","
                        + " \"text\": \"01.0006: guest1 and guest2 both want it\"}]}\n",
                CommandLineRun.of("check", "--json", EXAMPLES + "example-2.yaml").out());
    }

    private CommandLineRun check(String plan) throws IOException {
        Path file = directory.resolve("plan.yaml");
        Files.writeString(file, plan);
        CommandLineRun run = CommandLineRun.of("check", file.toString());
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
}

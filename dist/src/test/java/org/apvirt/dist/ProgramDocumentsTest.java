// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.apvirt.cli.Apvirt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Model.OptionSpec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProgramDocumentsTest {
    private static final CommandModel PROGRAM = CommandModel.of(Apvirt.commandLine());

    @TempDir
    private static Path usr;

    @BeforeAll
    static void write() throws IOException {
        ProgramDocuments.write(usr, "0.1.0");
    }

    private static String text(String name) throws IOException {
        return Files.readString(usr.resolve("share").resolve(name));
    }

    @Test
    void everyCommandThatHelpShowsHasAPageThatNamesItsOptions() throws IOException {
        List<String> missing = new ArrayList<>();
        for (CommandModel command : PROGRAM.all().toList()) {
            String page = text("man/man1/" + ManualPage.fileName(command)).replace("\\-", "-");
            command.options().stream().flatMap(option -> List.of(option.names()).stream())
                    .filter(name -> !page.contains(name)).forEach(name -> missing.add(command.words() + ' ' + name));
        }
        assertEquals(List.of(), missing);
        assertTrue(PROGRAM.all().count() > 30);
    }

    /** What picocli hands out changes from process to process, so that two packs were unequal. */
    @Test
    void optionsComeByTheirNamesAsInHelp() {
        CommandModel lszcrypt = PROGRAM.all().filter(command -> command.words().equals("apvirt lszcrypt")).findFirst()
                .orElseThrow();
        assertEquals(
                "--accelonly -b -c --cardonly --ccaonly -d --ep11only -h --layout --machine --queueonly -s --sys -V",
                lszcrypt.options().stream().map(OptionSpec::shortestName).collect(Collectors.joining(" ")));
    }

    @Test
    void whatHelpHidesHasNoPage() {
        assertFalse(PROGRAM.all().anyMatch(command -> command.spec().usageMessage().hidden()));
        assertFalse(Files.exists(usr.resolve("share/man/man1/apvirt-serve.1")));
    }

    @Test
    void noTextBecomesARequestOfTroff() {
        assertEquals("\\&.so /etc/passwd", ManualPage.escaped(".so /etc/passwd"));
        assertEquals("\\&'x", ManualPage.escaped("'x"));
        assertEquals("a\\eb \\-\\-c", ManualPage.escaped("a\\b --c"));
    }

    @Test
    void variablesOfAnOptionsTextAreFilledIn() throws IOException {
        String page = text("man/man1/apvirt-exec.1");
        assertTrue(page.contains("linux\\-6.12, linux\\-7.2"), page);
        assertFalse(page.contains("${"), page);
    }

    @Test
    void theFirstPageTellsTheExitStatus() throws IOException {
        assertTrue(text("man/man1/apvirt.1").contains(".SH EXIT STATUS"));
    }

    @ParameterizedTest
    @CsvSource({"bash-completion/completions/apvirt, exec lszcrypt --level linux-7.3",
            "zsh/site-functions/_apvirt, exec lszcrypt --level linux-7.3",
            "fish/vendor_completions.d/apvirt.fish, exec lszcrypt level linux-7.3"})
    void aCompletionKnowsCommandsOptionsAndWords(String file, String words) throws IOException {
        String script = text(file);
        for (String word : words.split(" ")) {
            assertTrue(script.contains(word), word);
        }
    }

    @ParameterizedTest
    @CsvSource({"bash, bash-completion/completions/apvirt", "zsh, zsh/site-functions/_apvirt",
            "fish, fish/vendor_completions.d/apvirt.fish"})
    void itsShellReadsACompletion(String shell, String file) throws Exception {
        ShellCheck.reads(shell, usr.resolve("share").resolve(file));
    }

    @Test
    void nothingTellsWhenItWasMade(@TempDir Path second) throws IOException {
        ProgramDocuments.write(second, "0.1.0");
        try (var files = Files.walk(usr)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertEquals(-1, Files.mismatch(file, second.resolve(usr.relativize(file))), file::toString);
            }
        }
        assertFalse(text("bash-completion/completions/apvirt")
                .contains("20" + java.time.Year.now().getValue() % 100 + "-"));
    }
}

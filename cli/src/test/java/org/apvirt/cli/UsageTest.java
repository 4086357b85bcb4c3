// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A wrong command line is one line that names the word and what to write instead. */
class UsageTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bogus                          | apvirt: unknown command 'bogus' (see apvirt --help)
            chekc                          | apvirt: unknown command 'chekc'; did you mean check? (see apvirt --help)
            help mout                      | apvirt: unknown command 'mout'; did you mean mount? (see apvirt --help)
            --verison                      | apvirt: unknown option '--verison'; did you mean --version? (see apvirt --help)
            check                          | apvirt check: PLAN is missing (see apvirt check --help)
            check a b                      | apvirt check: 'b' is one argument too many (see apvirt check --help)
            check --jsno a                 | apvirt check: unknown option '--jsno'; did you mean --json? (see apvirt check --help)
            check --json --json a          | apvirt check: --json is given twice (see apvirt check --help)
            replay --known                 | apvirt replay: --known needs a value (see apvirt replay --help)
            replay --level 5 a             | apvirt replay: --level: unknown level '5' (use seed, linux-6.1, linux-6.12, linux-7.2, linux-7.3 or next) (see apvirt replay --help)
            attach machine.yaml            | apvirt attach: --gdb or --plugin is missing (see apvirt attach --help)
            record --boot-timeout 1m a     | apvirt record: --boot-timeout: '1m' is not a number (see apvirt record --help)
            qemu-check --accel hvf -- qemu | apvirt qemu-check: --accel: 'hvf' is none of kvm, tcg (see apvirt qemu-check --help)
            lszcrypt --sys a --machine b   | apvirt lszcrypt: --machine, --sys are mutually exclusive (specify only one) (see apvirt lszcrypt --help)
            mount --web=x m.yaml d         | apvirt mount: --web: 'x' is not a port (use 0..65535) (see apvirt mount --help)
            exec --web= m.yaml -- true     | apvirt exec: --web: '' is not a port (use 0..65535) (see apvirt exec --help)
            exec --web=-1 m.yaml -- true   | apvirt exec: --web: '-1' is not a port (use 0..65535) (see apvirt exec --help)
            mount --web 65536 m.yaml d     | apvirt mount: --web: there is no port 65536 (use 0..65535) (see apvirt mount --help)
            """)
    void namesTheWordAndTheRemedy(String words, String line) {
        assertEquals(new CommandLineRun(2, "", line + '\n'), CommandLineRun.of(words.split(" ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec M -- true", "mount M directory", "lszcrypt --machine M", "check M", "export M tree",
            "ctl --socket M status"})
    void aWordThatNoFileCanBeCalledIsNamedInOneLine(String words) {
        CommandLineRun run = CommandLineRun.of(words.replace("M", "M\0hre").split(" "));

        assertEquals(2, run.status(), run.err());
        assertTrue(run.err().matches(".*hre' cannot be the name of a file.*\n"), run.err());
    }

    @Test
    void theLocaleIsNamedWhenItHasTakenTheLettersAway() {
        assertEquals("'M\ufffd\ufffdhre' cannot be the name of a file in this locale; set LC_ALL=C.UTF-8",
                UsageProblem.noFile("M\ufffd\ufffdhre"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "mount", "attach", "replay"})
    void helpNamesEveryLevel(String command) {
        String help = CommandLineRun.of(command, "--help").out().replaceAll("\\s+", "");

        assertTrue(help.contains("seed,linux-6.1,linux-6.12,linux-7.2,linux-7.3,next;default"), help);
    }

    @Test
    void withoutACommandItSaysSo() {
        assertEquals(new CommandLineRun(2, "", "apvirt: a command is missing (see apvirt --help)\n"),
                CommandLineRun.of());
    }

    @Test
    void anArgumentIsNeverTheNameOfAFileOfArguments() {
        assertEquals(new CommandLineRun(2, "", "apvirt check: @../README.md: no such file\n"),
                CommandLineRun.of("check", "@../README.md"));
    }

    /** Which command is meant is told by its class's name; one that is called otherwise would be looked up among all, slowly. */
    @Test
    void aCommandIsCalledAsItsClass() {
        Apvirt.commandLine().getSubcommands().forEach((name, command) -> {
            Class<?> type = command.getCommand().getClass();
            if (type.getName().startsWith("org.apvirt.")) {
                assertEquals(name, Apvirt.commandName(type));
            }
        });
    }
}

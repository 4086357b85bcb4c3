// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apvirt.arch.Printable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Whatever a file, an argument or a copy of /sys holds: what is printed about it is text, errors are one line each under the
 * name of the program, and none is a stack trace.
 */
class ErrorPathFuzzTest {
    private static final int ROUNDS = Integer.getInteger("rounds", 1);
    private static final List<String> NASTY = List.of("\033[31m", "\033]0;title\007", "\u009b2J", "\r", "\b", "\0",
            "\177",
            "\u202e", "\u2028", "\u200b", "\n", "\n\n", "\t", "\"", "'", "\\", ": ", "- ", "{", "}", "[", "]", "#",
            "&a",
            "*a", "!t", "%", "@", "|", ">", "\ud83d", "\u00e4", "null", "~", "0x", "-1", "99999999999999999999", "..",
            "/",
            "x".repeat(5000));
    /** Ours, lszcrypt's and QEMU's. */
    private static final Pattern LINE = Pattern
            .compile("apvirt(?: [a-z-]+)?: .*|lszcrypt: .*|\\S*qemu\\S*: .*|\\S*kvm: .*"
                    + "|Consider a different accelerator, QEMU, or kernel version|Use -\\w+ help to list .*|Warning: .*|error[_ ].*| .*|.*/.*: .*");

    private static final String PLAN = """
            level: linux-6.12
            qemu: '10'
            facilities: [qci, apft, apqi, apxa]
            adapters: {5: CEX5C, 6: {type: CEX5A, depth: 8, serial: 00LY5AB, config: true, checkstop: false}}
            usage-domains: [4, 0x47]
            control-domains: [4]
            modules: [zcrypt, vfio_ap]
            faults: [{apqn: 05.0004, instruction: dqap, nth: 3, response: 4, delay: 20ms}]
            guests: {g1: {adapters: [5], domains: [4], cpu: 'zEC12,ap=on'}, g2: {adapters: [5, 6], domains: [4]}}
            """;
    private static final String SCENARIO = """
            name: s
            level: linux-6.12
            hardware: {adapters: {5: {type: 11, mode: C}}, domains: [4]}
            steps:
              - {op: write, path: /sys/bus/ap/apmask, data: "5", result: {ok: 1}}
              - {op: read, path: /sys/bus/ap/nosuch, result: {data: "no"}}
              - {op: hw, change: [[add_adapter, 7, {type: 14, mode: A}]]}
            """;
    private static final String DUMP = """
            00000000: 0400 0000 0000 0000 0a00 0000 0000 0000  ................
            00000010: 0800 0000 0000 0000 0000 0000 0000 0000  ................
            """;

    @TempDir
    private Path directory;

    /** A command; FILE is the file that is damaged, WORD an argument that is. */
    record Case(String content, List<String> words) {
        @Override
        public String toString() {
            return String.join(" ", words);
        }
    }

    static Stream<Case> commands() {
        List<Case> cases = new ArrayList<>();
        for (String words : List.of("check FILE", "check --json FILE", "check --max 1 FILE", "check --sys WORD FILE",
                "lszcrypt --machine FILE", "lszcrypt --machine FILE -c WORD", "lszcrypt --machine FILE WORD",
                "qemu-check --machine FILE -- qemu-system-s390x -cpu WORD", "qemu-check --host-cpu WORD -- kvm",
                "qemu-check --qemu WORD -- kvm", "qemu-check -- WORD", "qemu-check -- kvm -device WORD",
                "qemu-check -- kvm WORD", "qemu-check -- kvm -machine WORD", "check WORD", "check --WORD FILE", "WORD",
                "WORD --help", "help WORD", "check FILE WORD", "attach FILE --gdb WORD", "attach WORD --gdb x",
                "attach FILE --guest WORD --gdb x", "qemu FILE --guest WORD -- -M x", "mount FILE WORD/none",
                "mount WORD x", "exec WORD -- true", "crycb WORD", "crycb --format WORD FILE", "replay WORD",
                "replay --known FILE FILE", "replay --level WORD FILE", "replay --programs WORD FILE",
                "record --kernel WORD FILE", "record --kernel FILE --modules WORD FILE", "ctl --socket WORD help",
                "check --sys DIR FILE", "lszcrypt --sys DIR -V", "lszcrypt --sys DIR -b", "lszcrypt --sys DIR -d",
                "lszcrypt --sys DIR -s", "lszcrypt --sys DIR -c 5")) {
            cases.add(new Case(PLAN, List.of(words.split(" "))));
        }
        cases.add(new Case(SCENARIO, List.of("replay", "FILE")));
        cases.add(new Case(SCENARIO, List.of("replay", "--json", "--all-differences", "FILE")));
        cases.add(new Case(SCENARIO, List.of("record", "--kernel", "/nosuch", "FILE")));
        cases.add(new Case(DUMP, List.of("crycb", "FILE")));
        cases.add(new Case(DUMP, List.of("crycb", "--json", "FILE")));
        return cases.stream();
    }

    private static String damaged(String text, Random random) {
        StringBuilder damaged = new StringBuilder(text);
        for (int blows = 1 + random.nextInt(3); blows > 0; blows--) {
            int at = random.nextInt(damaged.length() + 1);
            if (random.nextInt(4) == 0 && at < damaged.length()) {
                damaged.delete(at, Math.min(damaged.length(), at + random.nextInt(8)));
            } else {
                damaged.insert(at, NASTY.get(random.nextInt(NASTY.size())));
            }
        }
        return damaged.toString();
    }

    private void writeSys(Path sys, Random random) throws IOException {
        for (String file : List.of("bus/ap/ap_usage_domain_mask 0x" + "0".repeat(63) + "1", "bus/ap/ap_domain 4",
                "bus/ap/ap_max_adapter_id 255", "bus/ap/apmask 0x" + "f".repeat(64), "devices/ap/card05/type CEX5C",
                "devices/ap/card05/hwtype 11", "devices/ap/card05/serialnr 1234", "devices/ap/card05/online 1",
                "devices/ap/card05/ap_functions 0x92000000", "devices/ap/card05/05.0004/online 1",
                "devices/vfio_ap/matrix/62177880-f1bb-47f0-914d-32a22e3a8804/matrix 05.0004")) {
            Path path = sys.resolve(file.substring(0, file.indexOf(' ')));
            Files.createDirectories(path.getParent());
            Files.writeString(path, damaged(file.substring(file.indexOf(' ') + 1) + '\n', random)
                    .replaceAll("[^\0-\u00ff]", "?"), StandardCharsets.ISO_8859_1);
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatIsPrintedIsTextAndErrorsAreLines(Case command) throws IOException {
        Random random = new Random(command.toString().hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            Path file = directory.resolve("file.yaml");
            Files.write(file, damaged(command.content(), random).getBytes(StandardCharsets.UTF_8));
            if (command.words().contains("DIR")) {
                writeSys(directory.resolve("sys"), random);
                Files.writeString(file, command.content());
            }
            String word = damaged("word", random).replace("\0", "");
            CommandLineRun run = CommandLineRun.of(command.words().stream()
                    .map(it -> it.replace("FILE", file.toString())
                            .replace("DIR", directory.resolve("sys").toString()).replace("WORD", word))
                    .toArray(String[]::new));
            String all = run.out() + run.err();

            all.codePoints().forEach(c -> assertTrue(c == '\n' || c == '\t' || Printable.isShown(c),
                    () -> Integer.toHexString(c) + " in " + all));
            assertFalse(all.contains("\tat org.apvirt") || all.contains("Exception"), all);
            if (run.status() == Apvirt.USAGE && !run.err().isEmpty()) {
                assertEquals(1, run.err().lines().count(), run.err());
            }
            boolean qemu = command.words().contains("--"); // prints a newline of an argument as it is
            run.err().lines().filter(line -> !qemu)
                    .forEach(line -> assertTrue(LINE.matcher(line).matches(), run.err()));
        }
    }
}

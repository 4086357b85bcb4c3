// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apvirt.it.Programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What {@code <!-- run by Test#method -->} promises. The test exists, and it reads the document that the block is of, or does
 * what stands there:
 * <pre>
 *  java       each statement stands in the test, or in the program that the test is of
 *  commands   each program, subcommand and option stands in the test, or in a class of the tests that it names; files and
 *             their places may be others. A command of Maven's names the test itself
 *  output     each line stands in the test
 * </pre>
 */
final class RunBy {
    private static final Pattern PROOF = Pattern.compile("(\\w+)#(\\w+)");
    /** What only names something of this one call, is the shell's, or is a comment. */
    private static final Pattern PLACE = Pattern
            .compile(".*[/$*].*|.*\\.(?:ya?ml|json|gz|elf)|vmlinuz|[A-Z_]+=.*|[|&>\\\\-]+|#.*|[0-9]+[MG]?|=?");

    /** Blocks whose tests do the same in other words. Nothing is to be added here. */
    private static final Set<String> NOT_YET = Set.of(
            "native/README.md ApHardwareTest#theProbeSaysWhyAProcessCannotUseIt",
            "native/README.md FreestandingIT#withoutAnyoneAttachedEveryInstructionIsAnOperationException",
            "recorder/README.md RecordIT#everyKindOfStepIsRecordedAsTheReplayAnswersIt",
            "vfio-ap-driver/README.md DeviceFileTest#takesAnEventfd");

    private RunBy() {}

    /** Fails unless the tests that a block names run it. */
    static void check(Block block, List<Path> tests) throws IOException {
        StringBuilder sources = new StringBuilder();
        boolean read = NOT_YET.contains(block.file() + " " + block.operand());
        for (String operand : block.operand().split(", ")) {
            Path test = find(operand, tests).orElseThrow(() -> new AssertionError(block + ": no test " + operand));
            String source = Files.readString(test);
            String name = test.getFileName().toString().replace(".java", "");
            read = read || source.contains('"' + block.file() + '"')
                    || block.text().matches("(?s).*-Dit.test=" + name + "\\b.*");
            sources.append(source).append(named(source, test));
        }
        if (!read) {
            check(block, sources.toString());
        }
    }

    private static Optional<Path> find(String operand, List<Path> tests) throws IOException {
        Matcher proof = PROOF.matcher(operand);
        assertTrue(proof.matches(), () -> "'" + operand + "' is not Test#method");
        Pattern method = Pattern.compile(
                "@(Test|ParameterizedTest)(?s:(?!\\bvoid\\b).)*\\bvoid " + proof.group(2) + "\\(");
        for (Path test : tests) {
            if (test.endsWith(proof.group(1) + ".java") && method.matcher(Files.readString(test)).find()) {
                return Optional.of(test);
            }
        }
        return Optional.empty();
    }

    private static void check(Block block, String source) throws IOException {
        List<String> missing = new ArrayList<>();
        if (block.language().equals("java")) {
            String all = withoutSpace(source + programs()); // an excerpt of the program is no less true
            statements(block).filter(line -> !all.contains(withoutSpace(line))).forEach(missing::add);
        } else {
            boolean commands = block.text().startsWith("$ ") || block.text().startsWith("# ");
            (commands ? words(block) : block.text().lines()).filter(word -> !source.contains(word))
                    .forEach(missing::add);
        }
        assertEquals(List.of(), missing, () -> block + ": is not what " + block.operand() + " runs; missing there");
    }

    /** Returns the sources of the classes beside a test, and one level above, that it names. */
    private static String named(String source, Path test) throws IOException {
        StringBuilder all = new StringBuilder();
        for (Path directory : List.of(test.getParent(), test.getParent().getParent())) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    String other = file.getFileName().toString().replace(".java", "");
                    if (!other.matches(".*(?:Test|IT)") && source.matches("(?s).*\\b" + other + "\\b.*")) {
                        all.append(Files.readString(file));
                    }
                }
            }
        }
        return all.toString();
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }

    private static Stream<String> statements(Block block) {
        return block.text().lines().map(line -> line.replaceAll("//.*", "").strip())
                .filter(line -> !line.isEmpty() && !line.contains("..."));
    }

    private static String programs() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> tree = Files.walk(Programs.ROOT)) {
            for (Path file : tree.filter(path -> path.toString().matches(".*/src/main/java/.*\\.java")).toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }

    private static Stream<String> words(Block block) {
        String text = block.text().replace("\\\n", " ");
        return text.lines().filter(line -> line.matches("[$#] .*"))
                .flatMap(line -> Stream.of(
                        line.substring(2).replaceAll(" #.*", "").replaceAll("['\"][^'\"]*['\"]", "").split("[ ,]+")))
                .filter(word -> !PLACE.matcher(word).matches());
    }
}

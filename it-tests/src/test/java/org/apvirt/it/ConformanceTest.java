// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** docs/conformance.md names a test for each statement; this keeps it from rotting. */
class ConformanceTest {
    private static final Pattern ROW = Pattern.compile("\\| ([SU]\\d+) \\| .* \\| ([^|]*) \\|");
    private static final Pattern PROOF = Pattern.compile("`(\\w+)#(\\w+)`");

    private static final Pattern TEST = Pattern
            .compile("@(?:Test|ParameterizedTest)\\b(?s:(?!\\bvoid\\b).)*\\bvoid (\\w+)\\(");
    private static final Pattern CLAUSES = Pattern.compile("([su]\\d+_)+|[su]\\d+(?=[A-Z])");

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static Map<String, String> rows;
    private static Map<String, String> sources;

    @BeforeAll
    static void readTheListAndTheTests() throws IOException {
        rows = new TreeMap<>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/conformance.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertEquals(null, rows.put(row.group(1), row.group(2)), () -> "twice: " + row.group(1));
            }
        }
        sources = new TreeMap<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(f -> f.toString().matches(".*/src/test/java/.*(Test|IT)\\.java")).toList()) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
    }

    @Test
    void everyStatementHasARow() {
        List<String> wanted = IntStream.rangeClosed(1, 110).mapToObj(n -> "S" + n).sorted().toList();
        assertEquals(wanted, rows.keySet().stream().filter(row -> row.startsWith("S")).sorted().toList());
    }

    @Test
    void everyRowIsOpenOrNamesTestsThatExist() {
        List<String> wrong = new ArrayList<>();
        rows.forEach((row, proof) -> {
            if (!proof.equals("open") && !proof.equals("–") && !namesExistingTests(proof)) {
                wrong.add(row + ": " + proof);
            }
        });
        assertEquals(List.of(), wrong);
        assertTrue(rows.size() > 150);
    }

    /** A name such as {@code s99_s101_theSixQueues…} says which rows the test proves: each of them has to name it. */
    @Test
    void everyTestThatIsNamedForAClauseStandsInItsRow() {
        List<String> missing = new ArrayList<>();
        int[] clauses = new int[1];
        sources.forEach((file, source) -> TEST.matcher(source).results().map(test -> test.group(1))
                .forEach(test -> clausesOf(test).forEach(row -> {
                    clauses[0]++;
                    if (!rows.get(row).contains('`' + file + '#' + test + '`')) {
                        missing.add(row + ": `" + file + '#' + test + '`');
                    }
                })));
        assertEquals(List.of(), missing);
        assertTrue(clauses[0] > 120);
    }

    private static List<String> clausesOf(String test) {
        Matcher prefix = CLAUSES.matcher(test);
        return prefix.lookingAt()
                ? Pattern.compile("[su]\\d+").matcher(prefix.group()).results()
                        .map(it -> it.group().toUpperCase(Locale.ROOT))
                        .filter(rows::containsKey).toList()
                : List.of();
    }

    private static boolean namesExistingTests(String proof) {
        String rest = PROOF.matcher(proof).replaceAll(named -> {
            String source = sources.getOrDefault(named.group(1), "");
            long tests = TEST.matcher(source).results().filter(test -> test.group(1).equals(named.group(2))).count();
            return tests == 1 ? "" : "missing or ambiguous";
        });
        return rest.replaceAll("[ ,]", "").isEmpty();
    }
}

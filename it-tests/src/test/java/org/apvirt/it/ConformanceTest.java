package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private static boolean namesExistingTests(String proof) {
        String rest = PROOF.matcher(proof).replaceAll(named -> {
            String source = sources.getOrDefault(named.group(1), "");
            boolean isTest = Pattern
                    .compile("@(Test|ParameterizedTest)(?s:(?!\\bvoid\\b).)*\\bvoid " + named.group(2) + "\\(")
                    .matcher(source).find();
            return isTest ? "" : "missing";
        });
        return rest.replaceAll("[ ,]", "").isEmpty();
    }
}

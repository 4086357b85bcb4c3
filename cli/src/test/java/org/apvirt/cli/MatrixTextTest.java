// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.apvirt.plan.MatrixPicture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MatrixTextTest {
    private static final MatrixPicture SMALL = new MatrixPicture(List.of(5, 0xab), List.of(4, 0x47), List.of("one"),
            List.of("hA", ".c"));

    @Test
    void eachQueueIsALetterBelowItsDomain() {
        assertEquals("""
                    04
                    47
                05  hA
                ab  .c
                A one  c conflict  h host
                """, new MatrixText(SMALL, false, 80, StandardCharsets.UTF_8).text());
    }

    @Test
    void coloursDoNotChangeTheLetters() {
        String text = new MatrixText(SMALL, true, 80, StandardCharsets.UTF_8).text();
        assertTrue(text.contains("\033[44;97mh\033[0m\033[42;30mA\033[0m"), text);
        assertEquals(new MatrixText(SMALL, false, 80, StandardCharsets.UTF_8).text(),
                text.replaceAll("\033\\[[0-9;]*m", ""));
    }

    @Test
    void whatIsWiderThanTheTerminalIsDrawnInPieces() {
        List<Integer> ids = IntStream.range(0, 256).boxed().toList();
        String text = new MatrixText(new MatrixPicture(ids, ids, List.of(),
                Collections.nCopies(256, "h".repeat(256))), false, 80, StandardCharsets.UTF_8).text();
        assertTrue(text.lines().allMatch(line -> line.length() <= 80));
        assertEquals(4 * (2 + 256) + 1, text.lines().count());
        assertEquals(65_536, text.chars().filter(letter -> letter == 'h').count() - 2); // two are the legend's
    }

    @Test
    void manyGuestsHaveALegendNoWiderThanTheTerminalAndOneCharacterEachInAnyCharacterSet() {
        List<String> guests = IntStream.range(0, 60).mapToObj(i -> "guest" + i).toList();
        String letters = IntStream.range(0, 60).mapToObj(i -> String.valueOf(MatrixPicture.guest(i)))
                .collect(Collectors.joining());
        MatrixPicture picture = new MatrixPicture(List.of(5), IntStream.range(0, 60).boxed().toList(), guests,
                List.of(letters));
        for (int width : List.of(20, 40, 80, 200)) {
            String text = new MatrixText(picture, false, width, StandardCharsets.US_ASCII).text();
            assertTrue(text.lines().allMatch(line -> line.length() <= width), text);
            assertTrue(text.chars().allMatch(letter -> letter <= '~'), text);
            assertTrue(text.contains("+ guest59\n") && text.contains("A guest0"), text);
        }
        String text = new MatrixText(picture, false, 80, StandardCharsets.UTF_8).text();
        assertTrue(text.contains(letters), text);
    }

    @Test
    void aDumbTerminalAndWhoWantsNoneHaveNoColours() {
        assertTrue(MatrixText.isColourful(null, "xterm") && MatrixText.isColourful("", null));
        assertFalse(MatrixText.isColourful("1", "xterm") || MatrixText.isColourful(null, "dumb"));
    }

    @Test
    void guestsBeyondTheAlphabetHaveLettersToo() {
        for (int i = 0; i < 5000; i++) {
            assertEquals(i, MatrixPicture.guestOf(MatrixPicture.guest(i)));
        }
    }

    @Test
    void aPlanIsDrawnBeforeItIsJudged(@TempDir Path directory) throws Exception {
        Path page = directory.resolve("page.html");
        CommandLineRun run = CommandLineRun.of("check", "--picture", "--html", page.toString(),
                "../examples/example-2.yaml");
        String shown = Files.readString(Path.of("..").resolve("docs/pictures.md"));
        assertTrue(shown.contains("$ ./apvirt check --picture examples/example-2.yaml\n" + run.out().replace("../", "")
                + "```"), run.out());
        assertEquals(1, run.status());
        String html = Files.readString(page);
        assertTrue(html.contains("\"rows\": [\"AcB\", \"AAh\"]"), html);
        assertFalse(html.contains("src=") || html.contains("href="), "the page needs something else");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the documents say is what the code does. */
class DocumentsTest {
    @Test
    void theTableOfModelsIsThatOfTheCode() throws IOException {
        String document = Files.readString(Path.of("..", "docs", "cpu-models.md"));
        String table = document.lines().filter(line -> line.startsWith("|"))
                .collect(Collectors.joining("\n", "", "\n"));
        assertEquals(ApModelTable.markdown(), table, "replace the table by what ApModelTable.markdown() returns");
    }

    @Test
    void theSnippetOfTheReadmeIsTheOneThatIsTested() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String test = Files.readString(Path.of("src/test/java/org/apvirt/cpu/ReadmeTest.java"));
        String snippet = readme.substring(readme.indexOf("```java\n") + 8);
        snippet = snippet.substring(0, snippet.indexOf("```"));
        String indented = snippet.lines().map(line -> line.isEmpty() ? "" : "        " + line)
                .collect(Collectors.joining("\n", "", "\n"));
        assertTrue(test.contains(indented), "ReadmeTest does not contain the snippet of README.md");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apvirt.it.Programs;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.plan.Plan;
import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * Whatever a document shows in a block is run, or says which test runs it. A new document joins by being there.
 * <pre>
 *  commands, each behind $      DocumentsIT runs them and compares what is printed; or a comment says
 *                               &lt;!-- run by Test#method --&gt;, or for figures of one computer
 *                               &lt;!-- measured by PROGRAM --&gt;
 *  java                         stands in a test as it is, but for its indentation; or run by
 *  yaml                         is read; a scenario is played
 *  xml                          is a dependency that there is
 *  text                         a picture
 *  no language                  &lt;!-- output of ./apvirt … --&gt; or run by
 * </pre>
 */
class DocumentsTest {
    private static final Set<String> LANGUAGES = Set.of("", "java", "yaml", "xml", "text", "json", "python", "sh");
    private static List<Path> tests;

    @BeforeAll
    static void findTests() throws IOException {
        try (Stream<Path> tree = Files.walk(Programs.ROOT)) {
            tests = tree.filter(file -> file.toString().matches(".*/src/(?:test|it)/.*\\.java")).toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> everyBlockIsRun() throws IOException {
        List<Block> blocks = Block.all();
        assertTrue(blocks.size() > 40, () -> "only " + blocks);
        return blocks.stream().map(block -> DynamicTest.dynamicTest(block.toString(), () -> check(block)));
    }

    private static void check(Block block) throws Exception {
        assertTrue(LANGUAGES.contains(block.language()), () -> block + ": unknown language " + block.language());
        if (block.kind().equals("run by")) {
            RunBy.check(block, tests);
            return;
        }
        if (block.kind().equals("measured by")) {
            assertTrue(
                    Files.isExecutable(Programs.ROOT.resolve(block.operand()))
                            && block.text().contains(block.operand()),
                    () -> block + ": " + block.operand() + " is no program, or not the one of this block");
            return;
        }
        switch (block.language()) {
            case "java" ->
                assertTrue(isInATest(block), () -> block + ": stands in no test, and no comment before it names"
                        + " the test that runs it");
            case "yaml" -> read(block);
            case "xml" -> dependency(block);
            case "text" -> assertFalse(block.hasCommands(), () -> block + ": has commands and calls itself text");
            default ->
                assertTrue(block.hasCommands() && !block.commands().isEmpty() || block.kind().equals("output of"),
                        () -> block
                                + ": is neither commands behind $ nor marked (<!-- output of COMMAND -->, <!-- run by"
                                + " Test#method -->; a picture is ```text)");
        }
    }

    private static boolean isInATest(Block block) throws IOException {
        String wanted = withoutIndent(block.text());
        for (Path test : tests) {
            if (withoutIndent(Files.readString(test)).contains(wanted)) {
                return true;
            }
        }
        return false;
    }

    private static String withoutIndent(String text) {
        return text.lines().map(line -> line.strip().replace("\"../", "\""))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static void read(Block block) throws FileFormatException {
        if (block.text().contains("\nsteps:")) {
            Replay.Result result = Replay.run(Scenario.parse(block.text(), block.toString()), null);
            assertEquals(List.of(), result.disagreements());
        } else if (block.text().matches("(?s)(?:.*\n)?guests:.*")) {
            Plan.parse(block.text(), block.toString());
        } else {
            MachineFile.parse(block.text(), block.toString());
        }
    }

    private static void dependency(Block block) throws IOException {
        Matcher artifact = Pattern.compile("<artifactId>(.*)</artifactId>").matcher(block.text());
        Matcher version = Pattern.compile("<version>(.*)</version>").matcher(block.text());
        assertTrue(artifact.find() && version.find(), block.toString());
        Path module = Programs.ROOT.resolve(artifact.group(1).replaceFirst("^apvirt-", ""));
        assertTrue(artifact.group(1).startsWith("apvirt-") && Files.exists(module.resolve("pom.xml")),
                block.toString());
        String parent = Files.readString(Programs.ROOT.resolve("pom.xml"));
        assertTrue(parent.contains("<artifactId>apvirt-parent</artifactId>\n  <version>" + version.group(1) + "<"),
                block + ": version " + version.group(1) + " is not this one");
    }
}

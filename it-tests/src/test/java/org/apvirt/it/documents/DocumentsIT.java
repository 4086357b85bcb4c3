// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.it.Programs;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Runs the commands of the documents as they are printed, at the root of the checkout, and compares what they print where the
 * document does. Each ends with status 0, or with that of the comment {@code <!-- status N -->} before the block. With
 * {@code <!-- inside ./apvirt exec … -- -->} the block's commands are what the program runs. Blocks that are
 * {@code run by} a test are that test's.
 */
class DocumentsIT {
    private static final String END = "@@ status ";

    @TempDir
    private static Path directory;

    @TestFactory
    Stream<DynamicTest> theCommandsDoWhatIsPrinted() throws IOException {
        Path program = Files.writeString(directory.resolve("apvirt"), "#!/bin/sh\nexec "
                + ExecutedProgram.apvirt().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "))
                + " \"$@\"\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        List<Block> blocks = Block.all().stream().filter(block -> block.kind().equals("output of")
                || block.hasCommands() && !block.kind().endsWith(" by")).toList();
        assertTrue(blocks.size() >= 6, blocks::toString);
        return blocks.stream().map(block -> DynamicTest.dynamicTest(block.toString(), () -> run(block, program)));
    }

    private static void run(Block block, Path program) throws Exception {
        if (block.kind().equals("output of")) {
            String output = outputs(List.of(block.operand()), "", program).get(0).text();
            assertTrue(output.contains(block.text()),
                    () -> block + ": is not in the output of " + block.operand() + ":\n"
                            + output);
            return;
        }
        String inside = block.kind().equals("inside") ? block.operand() : "";
        if (!inside.isEmpty()) {
            ExecutedProgram.requireFuse();
        }
        int status = block.kind().equals("status") ? Integer.parseInt(block.operand()) : 0;
        List<Block.Command> commands = block.commands();
        List<Programs.Output> outputs = outputs(commands.stream().map(Block.Command::words).toList(), inside, program);
        for (int i = 0; i < commands.size(); i++) {
            Block.Command command = commands.get(i);
            Programs.Output output = outputs.get(i);
            assertEquals(status, output.status(), () -> block + ": " + command.words() + "\n" + output.text());
            if (!command.prints(output.text())) {
                assertEquals(String.join("\n", command.printed()) + '\n', output.text(),
                        () -> block + ": " + command.words());
            }
        }
    }

    /** Runs commands in one shell, one after the other. */
    private static List<Programs.Output> outputs(List<String> commands, String inside, Path program) throws Exception {
        Path script = directory.resolve("script");
        StringBuilder text = new StringBuilder();
        for (String command : commands) {
            text.append(command.replace("./apvirt ", program + " ")).append("\necho \"" + END + "$?\"\n");
        }
        Files.writeString(script, text);
        List<String> words = new ArrayList<>(List.of("sh"));
        if (!inside.isEmpty()) {
            words = new ArrayList<>(List.of("sh", "-c", inside.replace("./apvirt ", program + " ") + " sh " + script));
        } else {
            words.add(script.toString());
        }
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(words).directory(Programs.ROOT.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile()).start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError("no end in five minutes: " + commands);
        }
        String all = Files.readString(output, StandardCharsets.UTF_8);
        List<Programs.Output> outputs = new ArrayList<>();
        int from = 0;
        var ends = Pattern.compile(Pattern.quote(END) + "(\\d+)\n").matcher(all);
        while (ends.find()) {
            outputs.add(new Programs.Output(Integer.parseInt(ends.group(1)), all.substring(from, ends.start()), 0));
            from = ends.end();
        }
        assertEquals(commands.size(), outputs.size(), all);
        return outputs;
    }
}

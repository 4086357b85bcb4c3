// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apvirt.it.Programs;

/**
 * A fenced block of a document, and what the comment before it says about it.
 *
 * @param file relative to the root of the checkout
 * @param line where it begins, from 1
 * @param language the word after the fence, empty if there is none
 * @param text what is inside, each line with its newline
 * @param kind the first words of the comment before it ({@code run by}, {@code measured by}, {@code output of}, {@code inside},
 *     {@code status}), empty if there is none
 * @param operand the rest of the comment
 */
public record Block(String file, int line, String language, String text, String kind, String operand) {
    private static final Pattern MARK = Pattern.compile("<!-- (run by|measured by|output of|inside|status) (.*?) *-->");

    /** Returns the blocks of all documents. */
    public static List<Block> all() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(Programs.ROOT.resolve("README.md")));
        try (Stream<Path> modules = Files.list(Programs.ROOT)) {
            modules.filter(Files::isDirectory).map(module -> module.resolve("README.md")).filter(Files::exists).sorted()
                    .forEach(documents::add);
        }
        for (String directory : List.of("docs", "examples", "benchmarks")) {
            try (Stream<Path> tree = Files.walk(Programs.ROOT.resolve(directory))) {
                tree.filter(file -> file.toString().endsWith(".md") && !file.toString().contains("/target/"))
                        .filter(file -> !documents.contains(file)).sorted().forEach(documents::add);
            }
        }
        List<Block> blocks = new ArrayList<>();
        for (Path document : documents) {
            read(blocks, Programs.ROOT.relativize(document).toString(), Files.readAllLines(document));
        }
        return blocks;
    }

    /** Returns the first block of a document that has some text in it, for the test that runs it. */
    public static Block find(String file, String text) throws IOException {
        return all().stream().filter(block -> block.file().equals(file) && block.text().contains(text)).findFirst()
                .orElseThrow(() -> new AssertionError(file + " has no block with '" + text + "'"));
    }

    private static void read(List<Block> blocks, String file, List<String> lines) {
        for (int at = 0; at < lines.size(); at++) {
            if (!lines.get(at).startsWith("```")) {
                continue;
            }
            int end = at + 1;
            while (!lines.get(end).equals("```")) {
                end++;
            }
            Matcher mark = MARK.matcher(at == 0 ? "" : lines.get(at - 1));
            boolean marked = mark.matches();
            blocks.add(new Block(file, at + 1, lines.get(at).substring(3),
                    String.join("\n", lines.subList(at + 1, end)) + '\n', marked ? mark.group(1) : "",
                    marked ? mark.group(2) : ""));
            at = end;
        }
    }

    /** Returns the commands of a block with {@code $} before each, and what is printed below each. */
    public List<Command> commands() {
        List<Command> commands = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int at = 0; at < lines.size();) {
            if (!lines.get(at).startsWith("$ ")) {
                throw new AssertionError(this + ": '" + lines.get(at) + "' belongs to no command");
            }
            StringBuilder command = new StringBuilder(lines.get(at++).substring(2));
            while (command.toString().endsWith("\\")) {
                command.append('\n').append(lines.get(at++));
            }
            List<String> printed = new ArrayList<>();
            while (at < lines.size() && !lines.get(at).startsWith("$ ")) {
                printed.add(lines.get(at++));
            }
            commands.add(new Command(command.toString(), printed));
        }
        return commands;
    }

    boolean hasCommands() {
        return text.startsWith("$ ");
    }

    /**
     * A command as somebody types it.
     *
     * @param printed the lines below it; {@code …} stands for anything, alone on its line for any number of lines
     */
    public record Command(String words, List<String> printed) {
        /** Tells whether an output is the one that is printed; where none is, any is. */
        public boolean prints(String output) {
            if (printed.isEmpty()) {
                return true;
            }
            StringBuilder pattern = new StringBuilder();
            for (String line : printed) {
                if (line.equals("…")) {
                    pattern.append("(?:.*\n)*?");
                } else {
                    pattern.append(Stream.of(line.split("…", -1)).map(Pattern::quote)
                            .reduce((left, right) -> left + ".*" + right).orElse("")).append("\n");
                }
            }
            return Pattern.matches(pattern.toString(), output);
        }
    }

    @Override
    public String toString() {
        return file + ":" + line;
    }
}

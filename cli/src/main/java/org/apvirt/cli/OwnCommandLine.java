// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import picocli.CommandLine.Model.CommandSpec;

/** How this process was started. Its words are bytes, whatever the locale makes of them: one {@code char} for each. */
final class OwnCommandLine {
    private OwnCommandLine() {}

    /** Returns how this program was started, up to its first argument. */
    static List<String> program(CommandSpec spec) throws IOException {
        List<String> words = words();
        int own = words.size() - spec.root().commandLine().getParseResult().originalArgs().size();
        List<String> program = new ArrayList<>(words.subList(0, own));
        program.set(0, bytes(Files.readSymbolicLink(Path.of("/proc/self/exe")).toString()));
        return program;
    }

    /**
     * Returns the words after the first {@code --}.
     *
     * @param decoded what the command line's parser made of them; if it has others, in another way than by that, these hold
     */
    static List<String> last(List<String> decoded) throws IOException {
        List<String> words = words();
        List<String> last = words.subList(words.indexOf("--") + 1, words.size());
        return last.size() == decoded.size() ? last : decoded.stream().map(OwnCommandLine::bytes).toList();
    }

    private static List<String> words() throws IOException {
        String all = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
        return List.of(all.substring(0, Math.max(all.length() - 1, 0)).split("\0", -1));
    }

    /** Returns a text as the bytes that the system calls take, one {@code char} each. */
    static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whether a program can be started, asked before anything else is. Finds it as execvp(3) does; status and words of a refusal are
 * those of a shell.
 *
 * @param status 0: it can, {@value #NOT_EXECUTABLE}, {@value #NOT_FOUND}
 * @param line why not
 */
record ProgramLookup(int status, String line) {
    static final int NOT_EXECUTABLE = 126;
    static final int NOT_FOUND = 127;
    private static final ProgramLookup FOUND = new ProgramLookup(0, "");

    /**
     * Looks for a program.
     *
     * @param name a path, or a name to be looked for
     * @param search where, directories with colons between; an empty one is the current directory
     */
    static ProgramLookup of(String name, @Nullable String search) {
        if (name.isEmpty()) {
            return notFound(name);
        }
        List<String> places = name.contains("/")
                ? List.of("")
                : List.of((search == null ? "/bin:/usr/bin" : search).split(":", -1));
        boolean seen = false;
        for (String place : places) {
            Path file = Path.of(place).resolve(name);
            if (Files.isExecutable(file) && !Files.isDirectory(file)) {
                return FOUND;
            }
            seen |= Files.exists(file);
        }
        return seen ? new ProgramLookup(NOT_EXECUTABLE, name + ": permission denied") : notFound(name);
    }

    private static ProgramLookup notFound(String name) {
        return new ProgramLookup(NOT_FOUND, (name.isEmpty() ? "''" : name) + ": not found");
    }
}

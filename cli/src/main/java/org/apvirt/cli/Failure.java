// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.machine.InputFile;

/** Says why something could not be done where Java's own message is the name of a file, a number, or half a sentence. */
final class Failure {
    private static final Pattern PROGRAM = Pattern
            .compile("(?s)Cannot run program \"(.*)\"(?: \\(in directory .*\\))?:.*?error[=:] ?(\\d+).*");
    private static final int ENOENT = 2;

    private Failure() {}

    /** Returns the reason: which thing, and what is wrong with it. */
    static String text(IOException e) {
        String message = String.valueOf(e.getMessage());
        Matcher program = PROGRAM.matcher(message);
        if (e instanceof FileSystemException file && file.getFile() != null) {
            return file.getFile() + ": " + InputFile.reason(file);
        }
        if (program.matches()) {
            int errno = Integer.parseInt(String.valueOf(program.group(2)));
            return program.group(1) + ": " + (errno == ENOENT
                    ? "no such program; install it, or put its directory into PATH"
                    : "cannot be started: " + LinuxCalls.strerror(errno));
        }
        return message;
    }
}

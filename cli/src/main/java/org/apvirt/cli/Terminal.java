// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The terminal that an output of this process may be, for what it is to obey: colours, a line that goes away. {@link TerminalWriter}
 * lets none of that through, as it cannot tell whose it is; what is printed here is this program's own, names in it escaped before.
 */
enum Terminal {
    /** Standard output. */
    OUTPUT(FileDescriptor.out, 1, "stdout.encoding"),
    /** Standard error. */
    ERRORS(FileDescriptor.err, 2, "stderr.encoding");

    private final FileDescriptor descriptor;
    private final Path link;
    private final String encoding;

    Terminal(FileDescriptor descriptor, int number, String encoding) {
        this.descriptor = descriptor;
        this.link = Path.of("/proc/self/fd/" + number);
        this.encoding = encoding;
    }

    /** Tells whether the output is a terminal. */
    boolean isThere() {
        try {
            return Files.readSymbolicLink(link).toString().matches("/dev/(?:pts/|tty|console).*");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Returns what takes bytes that are no text: what prints there shows them instead, as {@code \\u0000}. */
    OutputStream bytes() {
        return new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 16);
    }

    /** Returns what prints there; whoever prints elsewhere too flushes that first. */
    PrintWriter writer() {
        return new PrintWriter(new FileOutputStream(descriptor), true, charset());
    }

    /** Returns the character set of what is printed there. */
    Charset charset() {
        String name = System.getProperty(encoding);
        return name == null || !Charset.isSupported(name) ? Charset.defaultCharset() : Charset.forName(name);
    }
}

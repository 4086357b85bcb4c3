// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.cli.Apvirt;

/**
 * What the packed program does once, so that the classes that people's commands load are known. The same each time. Each class in the
 * archive is there from the start of every command on, so that more of them than are wanted would make the short ones slower.
 */
public final class Training {
    private Training() {}

    /**
     * Runs.
     *
     * @param arguments the file of commands, one per line
     */
    public static void main(String... arguments) throws IOException {
        OutputStream nowhere = OutputStream.nullOutputStream();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                Apvirt.run(nowhere, nowhere, line.split(" "));
            }
        }
    }
}

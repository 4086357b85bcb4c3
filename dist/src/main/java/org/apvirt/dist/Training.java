// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

import org.apvirt.cli.Apvirt;

/**
 * What the packed program does once, so that the classes that people's commands load are known: it runs commands, and looks at all
 * of the program's own classes, since those behind a mount or a guest are not reached here. The same each time.
 */
public final class Training {
    private Training() {}

    /**
     * Runs.
     *
     * @param arguments the file of commands, one per line, and the program's jar
     */
    public static void main(String... arguments) throws IOException {
        OutputStream nowhere = OutputStream.nullOutputStream();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                Apvirt.run(nowhere, nowhere, line.split(" "));
            }
        }
        try (JarFile jar = new JarFile(arguments[1])) {
            List<String> own = jar.stream().map(ZipEntry::getName)
                    .filter(name -> name.startsWith("org/apvirt/") && name.endsWith(".class")).sorted().toList();
            for (String name : own) {
                look(name.replace(".class", "").replace('/', '.'));
            }
        }
    }

    private static void look(String name) {
        try {
            Class.forName(name, false, Training.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            // It is loaded when it is wanted, then.
        }
    }
}

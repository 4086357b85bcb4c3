// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Makes everything that people install: writes the documents, then runs {@code src/main/scripts/pack} with the JDK that runs this. */
public final class Packing {
    private Packing() {}

    /**
     * Packs.
     *
     * @param arguments the program's version, the program's jar, the module's directory, the directory of the artifacts; then {@code tree},
     *     for only what is in them all
     * @throws IOException the script says why
     */
    public static void main(String... arguments) throws IOException, InterruptedException {
        String version = arguments[0];
        Path module = Path.of(arguments[2]);
        Path out = Path.of(arguments[3]);
        Path documents = out.resolve("documents");
        delete(documents); // a command that is no more has no page
        ProgramDocuments.write(documents, version);
        List<String> command = new ArrayList<>(List.of("sh", module.resolve("src/main/scripts/pack").toString(),
                version, arguments[1],
                module.resolve("target/classes").toString(), documents.toString(), module.resolveSibling("").toString(),
                out.toString()));
        command.addAll(List.of(arguments).subList(4, arguments.length));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("JAVA_HOME", System.getProperty("java.home", ""));
        int status = builder.start().waitFor();
        if (status != 0) {
            throw new IOException("pack ended with status " + status);
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

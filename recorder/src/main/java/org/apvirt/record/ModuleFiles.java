// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;

/**
 * A directory of kernel modules, such as {@code /lib/modules/6.12.0}: modules as the build made them or packed,
 * {@code modules.dep} and {@code modules.builtin} if they are there. Names are compared with {@code _} for {@code -}.
 */
final class ModuleFiles {
    private static final Pattern MODULE = Pattern.compile("(.+)\\.ko(?:\\.(?:xz|gz|zst))?");

    private final Map<String, Path> files = new TreeMap<>();
    private final Map<String, List<String>> dependencies = new TreeMap<>();
    private final List<String> builtIn = new ArrayList<>();

    /** No modules at all. */
    ModuleFiles() {}

    /**
     * Looks through a directory.
     *
     * @throws IOException it cannot be read
     */
    ModuleFiles(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IOException(directory + ": no such directory of kernel modules (name for example"
                    + " /lib/modules/6.12.0, or leave --modules out if the initramfs has them)");
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) tree::iterator) {
                if (!Files.isRegularFile(file)) {
                    continue; // a pipe, say, would wait for somebody to write
                }
                String name = nameOf(file);
                if (MODULE.matcher(String.valueOf(file.getFileName())).matches()) {
                    files.putIfAbsent(name, file);
                } else if (file.endsWith("modules.dep")) {
                    readDependencies(file);
                } else if (file.endsWith("modules.builtin")) {
                    lines(file).forEach(line -> builtIn.add(nameOf(Path.of(line))));
                }
            }
        } catch (UncheckedIOException e) {
            throw new IOException(directory + ": cannot be read: " + InputFile.reason(e.getCause()), e);
        }
    }

    /** Each line is {@code FILE: FILE…}, what the first needs, the nearest first. */
    private void readDependencies(Path file) throws IOException {
        for (String line : lines(file)) {
            String[] parts = line.split(":", 2);
            if (parts.length == 2) {
                List<String> needed = new ArrayList<>();
                for (String path : parts[1].trim().split("\\s+")) {
                    if (!path.isEmpty()) {
                        needed.add(0, nameOf(Path.of(path)));
                    }
                }
                dependencies.put(nameOf(Path.of(parts[0])), needed);
            }
        }
    }

    private static List<String> lines(Path file) throws IOException {
        try {
            return InputFile.text(file).lines().toList();
        } catch (FileFormatException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String nameOf(Path file) {
        String name = String.valueOf(file.getFileName());
        Matcher module = MODULE.matcher(name);
        return (module.matches() ? module.replaceFirst("$1") : name).replace('-', '_');
    }

    /** Tells whether the list of what is built in names a module. */
    boolean isBuiltIn(String module) {
        return builtIn.contains(module);
    }

    /** Returns what must be loaded before these modules are, in order, without themselves. */
    List<String> neededBefore(List<String> modules) {
        List<String> needed = new ArrayList<>();
        for (String module : modules) {
            for (String dependency : dependencies.getOrDefault(module, List.of())) {
                if (!modules.contains(dependency) && !needed.contains(dependency)) {
                    needed.add(dependency);
                }
            }
        }
        return needed;
    }

    /** Returns those of these modules that are here, by name. */
    Map<String, Path> find(List<String> modules) {
        Map<String, Path> found = new LinkedHashMap<>();
        for (String module : modules) {
            Path file = files.get(module);
            if (file != null) {
                found.put(module, file);
            }
        }
        return found;
    }
}

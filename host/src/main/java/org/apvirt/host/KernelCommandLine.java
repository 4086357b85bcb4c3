package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reads module parameters from a kernel command line: {@code MODULE.NAME=VALUE}, separated by blanks. */
final class KernelCommandLine {
    private KernelCommandLine() {}

    /** Returns the parameters of one module by name; of two with the same name the last one wins. */
    static Map<String, String> parameters(String commandLine, String module) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String word : commandLine.strip().split("\\s+")) {
            if (word.startsWith(module + '.')) {
                String assignment = word.substring(module.length() + 1);
                int equals = assignment.indexOf('=');
                String name = equals < 0 ? assignment : assignment.substring(0, equals);
                parameters.put(name.replace('-', '_'), equals < 0 ? "" : assignment.substring(equals + 1));
            }
        }
        return parameters;
    }
}

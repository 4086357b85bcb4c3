// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reads module parameters from a kernel command line: {@code MODULE.NAME=VALUE}, separated by blanks. */
final class KernelCommandLine {
    private KernelCommandLine() {}

    /** Returns the parameters of one module by name; of two with the same name the last one wins. */
    static Map<String, String> parameters(String commandLine, String module) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (ModuleArguments.Argument argument : ModuleArguments.parse(commandLine)) {
            String value = argument.value();
            if (argument.isEnd()) {
                break;
            }
            if (argument.name().startsWith(module + '.') && value != null) { // without a value the kernel refuses it
                parameters.put(argument.name().substring(module.length() + 1).replace('-', '_'), value);
            }
        }
        return parameters;
    }
}

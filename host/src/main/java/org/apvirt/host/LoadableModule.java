// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.List;
import java.util.Map;

import org.apvirt.device.ErrnoException;

/**
 * A module that can be loaded.
 *
 * @param name with underscores
 * @param imports the symbols that it needs, by the module that exports them, in the order in which the log names what is
 *     missing
 * @param parameters the parameters that it knows, unsigned numbers, with their defaults
 * @param init loads it
 */
record LoadableModule(String name, Map<String, List<String>> imports, Map<String, Integer> parameters, Init init) {
    /** Loads a module. */
    interface Init {
        Exit run(Map<String, Integer> parameters) throws ErrnoException;
    }

    /** Unloads one. */
    interface Exit {
        void run() throws ErrnoException;
    }

    /** A module without parameters. */
    LoadableModule(String name, Map<String, List<String>> imports, Init init) {
        this(name, imports, Map.of(), init);
    }
}

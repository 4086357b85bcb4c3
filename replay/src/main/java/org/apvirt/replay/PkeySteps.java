// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * The steps of a scenario that ask for the kernel's pkey, which is not simulated: its device, its attributes, its modules.
 * They are left out; what pkey sent to the cards meanwhile is played all the same.
 */
final class PkeySteps {
    private static final String DEVICE = "/dev/pkey";
    private static final String DIRECTORY = "/sys/devices/virtual/misc/pkey/";

    private final Set<String> handles = new HashSet<>();

    /** Tells whether a step opens a file of pkey. */
    boolean opens(Action action) {
        if (!(action instanceof Action.Raw raw) || !raw.request().startsWith("o ")) {
            return false;
        }
        try {
            String path = new String(HexFormat.of().parseHex(raw.request().split(" ")[1]),
                    StandardCharsets.ISO_8859_1);
            return path.equals(DEVICE) || path.startsWith(DIRECTORY);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            return false; // whoever plays it will say what is wrong with it
        }
    }

    /** Remembers the handle that stands for a file of pkey. */
    void opened(String handle) {
        handles.add(handle);
    }

    /** Tells whether a step is for pkey. Closing is not: whatever has the handle is closed. */
    boolean isFor(Action action) {
        return switch (action) {
            case Action.Raw raw -> {
                String[] words = raw.request().split(" ");
                if (words[0].equals("c") && words.length > 1) {
                    handles.remove(words[1]);
                    yield false;
                }
                yield words.length > 1 && !words[0].equals("o") && handles.contains(words[1]);
            }
            case Action.Read read -> read.path().startsWith(DIRECTORY);
            case Action.Write write -> write.path().startsWith(DIRECTORY);
            case Action.LoadModule load -> isPkey(load.module());
            case Action.UnloadModule unload -> isPkey(unload.module());
            default -> false;
        };
    }

    private static boolean isPkey(String module) {
        return module.equals("pkey") || module.startsWith("pkey-") || module.startsWith("pkey_");
    }
}

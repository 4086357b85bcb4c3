// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A command line of QEMU taken apart into options. What stands where an option should be is the name of a disk image;
 * it is left aside.
 *
 * @param program name of the program without its directory
 * @param options in the order in which they were written
 */
public record QemuCommandLine(String program, List<QemuOption> options) {
    /** Copies the options. */
    public QemuCommandLine {
        options = List.copyOf(options);
    }

    /**
     * Takes a command line apart. QEMU does this before it looks at any argument.
     *
     * @param words the name of the program and its arguments; an empty list means a program without arguments
     * @throws QemuExit an option that no QEMU has, or one without its argument
     */
    public static QemuCommandLine parse(List<String> words) throws QemuExit {
        String path = words.isEmpty() ? "qemu-system-s390x" : words.get(0);
        String program = path.substring(path.lastIndexOf('/') + 1);
        List<QemuOption> options = new ArrayList<>();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("-")) {
                continue;
            }
            String name = word.substring(word.startsWith("--") ? 2 : 1);
            if (!OptionNames.isKnown(name)) {
                throw malformed(program, word, "invalid option");
            }
            String argument = null;
            if (OptionNames.takesArgument(name)) {
                if (++i == words.size()) {
                    throw malformed(program, word, "requires an argument");
                }
                argument = words.get(i);
            }
            options.add(new QemuOption(name, word, argument));
        }
        return new QemuCommandLine(program, options);
    }

    private static QemuExit malformed(String program, String word, String message) {
        QemuMessages messages = new QemuMessages(program);
        messages.report(new QemuOption.Place(word + ": "), new QemuException(message));
        return new QemuExit(messages, 1);
    }

    /** Returns the options of a name or its other name. */
    List<QemuOption> all(String name, String otherName) {
        return options.stream().filter(option -> option.name().equals(name) || option.name().equals(otherName))
                .toList();
    }

    /** Returns the last option of a name, null if there is none. */
    @Nullable
    QemuOption last(String name) {
        List<QemuOption> all = all(name, name);
        return all.isEmpty() ? null : all.get(all.size() - 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.device.SysfsText;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Parameters as text, of a module or of the kernel: {@code NAME=VALUE} and {@code NAME}, separated by blanks; quotes keep
 * blanks together. Source: Linux {@code lib/cmdline.c}, {@code next_arg}.
 */
final class ModuleArguments {
    /**
     * One parameter.
     *
     * @param name as it was written
     * @param value null: nothing was assigned
     */
    record Argument(String name, @Nullable String value) {
        /** Tells whether this is {@code --}: what follows is for others. */
        boolean isEnd() {
            return value == null && name.equals("--");
        }

        /** Tells whether this is a parameter of a name: hyphens and underscores are the same. */
        boolean isNamed(String wanted) {
            return name.replace('-', '_').equals(wanted.replace('-', '_'));
        }
    }

    private ModuleArguments() {}

    /** Returns the parameters of a text, in order. */
    static List<Argument> parse(String text) {
        List<Argument> arguments = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            if (SysfsText.isSpace(text.charAt(at))) {
                at++;
                continue;
            }
            int end = end(text, at);
            arguments.add(argument(text.substring(at, end)));
            at = end;
        }
        return arguments;
    }

    private static int end(String text, int start) {
        boolean quoted = false;
        int at = start;
        while (at < text.length() && (quoted || !SysfsText.isSpace(text.charAt(at)))) {
            quoted ^= text.charAt(at) == '"';
            at++;
        }
        return at;
    }

    private static Argument argument(String word) {
        String bare = word.startsWith("\"") ? withoutLastQuote(word.substring(1)) : word;
        int equals = bare.indexOf('=');
        if (equals <= 0) {
            return new Argument(bare, null);
        }
        String value = bare.substring(equals + 1);
        return new Argument(bare.substring(0, equals),
                value.startsWith("\"") ? withoutLastQuote(value.substring(1)) : value);
    }

    private static String withoutLastQuote(String text) {
        return text.endsWith("\"") ? text.substring(0, text.length() - 1) : text;
    }
}

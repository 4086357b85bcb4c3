// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A write to a {@code uevent} file: user space asks for an event to be sent again, for example {@code change} or
 * {@code add UUID KEY=VALUE KEY=VALUE}. Source: Linux {@code lib/kobject_uevent.c}, {@code kobject_synth_uevent}.
 *
 * @param action the action
 * @param variables {@code SYNTH_UUID=UUID} and a {@code SYNTH_ARG_KEY=VALUE} for each argument
 */
record SyntheticUevent(String action, List<String> variables) {
    private static final Set<String> ACTIONS = Set.of("add", "remove", "change", "move", "online", "offline", "bind",
            "unbind");

    /**
     * Reads what was written; a refusal leaves a line in the log.
     *
     * @param devpath path of the object below {@code /sys}, for the log
     * @throws ErrnoException EINVAL: not one of the eight actions, or arguments of another form
     */
    static SyntheticUevent parse(Kernel kernel, String devpath, String text) throws ErrnoException {
        String line = withoutEnd(text);
        int blank = line.indexOf(' ');
        String action = blank < 0 ? line : line.substring(0, blank);
        if (!ACTIONS.contains(action)) {
            throw refusal(kernel, devpath, "unknown uevent action string", text);
        }
        if (blank < 0) {
            return new SyntheticUevent(action, List.of("SYNTH_UUID=0"));
        }
        List<String> variables = arguments(withoutEnd(text.substring(blank + 1)));
        if (variables == null) {
            throw refusal(kernel, devpath, "incorrect uevent action arguments", text);
        }
        return new SyntheticUevent(action, variables);
    }

    /** One newline or NUL at the end does not count. */
    private static String withoutEnd(String text) {
        return text.endsWith("\n") || text.endsWith("\0") ? text.substring(0, text.length() - 1) : text;
    }

    private static ErrnoException refusal(Kernel kernel, String devpath, String message, String text) {
        kernel.log("synth uevent: " + devpath + ": " + message);
        return new ErrnoException(Errno.EINVAL, message + " '" + SysfsText.printable(text) + "'");
    }

    /** Reads a UUID and any number of {@code KEY=VALUE}, one blank before each; null: the text has another form. */
    private static @Nullable List<String> arguments(String text) {
        if (!SysfsText.startsWithUuid(text)) {
            return null;
        }
        List<String> variables = new ArrayList<>();
        variables.add("SYNTH_UUID=" + text.substring(0, SysfsText.UUID_LENGTH));
        int at = SysfsText.UUID_LENGTH;
        while (at < text.length()) {
            int key = at + 1;
            int equals = wordEnd(text, key);
            int value = equals + 1;
            int end = wordEnd(text, value);
            if (text.charAt(at) != ' ' || equals == key || equals == text.length() || text.charAt(equals) != '='
                    || end == value || end < text.length() && text.charAt(end) != ' ') {
                return null;
            }
            variables.add("SYNTH_ARG_" + text.substring(key, equals) + '=' + text.substring(value, end));
            at = end;
        }
        return variables;
    }

    /** Returns where the letters and digits that begin at an index end. */
    private static int wordEnd(String text, int start) {
        int at = start;
        while (at < text.length() && isAlphanumeric(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The kernel's table of characters is Latin-1: letters from 0xc0 on, without the multiplication and division signs. */
    private static boolean isAlphanumeric(char c) {
        return c < 0x80 ? Character.isLetterOrDigit(c) : c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7;
    }
}

package org.apvirt.device;

import java.util.List;
import java.util.Set;

/**
 * A write to a {@code uevent} file: user space asks for an event to be sent again.
 * Source: Linux {@code lib/kobject_uevent.c}, {@code kobject_synth_uevent}.
 */
final class SyntheticUevent {
    private static final Set<String> ACTIONS = Set.of("add", "remove", "change", "move", "online", "offline", "bind",
            "unbind");

    private SyntheticUevent() {}

    /** Returns the action of the text, or refuses it. Arguments after the word are not taken. */
    static String action(String text) throws ErrnoException {
        String word = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (!ACTIONS.contains(word)) {
            throw new ErrnoException(Errno.EINVAL, "unknown uevent action '" + word + "'");
        }
        return word;
    }

    /**
     * A write-only uevent file of an object that has no variables of its own.
     *
     * @param subsystem value of SUBSYSTEM in its events
     */
    static SysfsFile file(Kernel kernel, String devpath, String subsystem) {
        return SysfsAttribute.<String>wo("uevent", (path, text) -> {
            try {
                kernel.uevent(action(text), path, subsystem, List.of("SYNTH_UUID=0"), List.of());
            } catch (ErrnoException e) {
                kernel.log("synth uevent: " + path + ": unknown uevent action string");
                throw e;
            }
        }).on(devpath);
    }
}

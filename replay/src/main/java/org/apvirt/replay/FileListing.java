// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.apvirt.device.CharDevice;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.host.HostFiles;

/**
 * A directory with all that is below it, as the {@code tree} step of a scenario tells it: entries in the order of their
 * names, each a directory before what it holds; links are not followed.
 */
final class FileListing {
    private final List<Object> entries = new ArrayList<>();

    private FileListing() {}

    static List<Object> of(HostFiles files, String path) {
        FileListing listing = new FileListing();
        try {
            listing.add(path, files.entry(path));
        } catch (ErrnoException e) {
            listing.entries.add(List.of("?", "? " + path + ' ' + e.errno()));
        }
        return listing.entries;
    }

    private void add(String path, SysfsNode node) {
        switch (node) {
            case SysfsDirectory directory -> {
                entries.add(List.of("d", octal(directory.mode()), path));
                for (String name : new TreeSet<>(directory.names())) {
                    SysfsNode child = directory.child(name);
                    if (child != null && !name.equals(".") && !name.equals("..")) { // a node may have such a name, no lister shows it
                        add(path + '/' + name, child);
                    }
                }
            }
            case SysfsFile file -> entries
                    .add(List.of("f", octal(file.mode()), file.size(), path, content(file)));
            case SysfsLink link -> entries.add(List.of("l", path, link.target()));
            case CharDevice device -> entries.add(List.of("c", octal(device.mode()), path));
        }
    }

    private static Object content(SysfsFile file) {
        if ((file.mode() & 0444) == 0) {
            return refusal("EACCES", "open");
        }
        try {
            return file.show();
        } catch (ErrnoException e) {
            return refusal(e.errno().name(), "read");
        }
    }

    /** Returns a refusal as a scenario writes it. */
    static Map<String, Object> refusal(String errno, String at) {
        Map<String, Object> refusal = new LinkedHashMap<>();
        refusal.put("err", errno);
        refusal.put("at", at);
        return refusal;
    }

    private static String octal(int mode) {
        return String.format("%04o", mode);
    }
}

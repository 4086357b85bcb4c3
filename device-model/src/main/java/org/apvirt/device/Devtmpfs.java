// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The nodes below {@code /dev}, by path. Source: Linux {@code drivers/base/devtmpfs.c}, {@code handle_create}. */
final class Devtmpfs {
    private final Map<String, CharDevice> nodes = new ConcurrentSkipListMap<>();

    /** Adds a node, unless something has the path already. */
    void add(String path, CharDevice node) {
        synchronized (nodes) {
            if (isFree(path)) {
                nodes.put(path, node);
            }
        }
    }

    /** Removes a node, if the path is that node's. */
    void remove(String path, CharDevice node) {
        nodes.remove(path, node);
    }

    /** Returns the tree. */
    SysfsDirectory directory() {
        return SysfsDirectory.of(() -> entries(""));
    }

    /** Tells whether a node may be made: the path names no directory, and leads through no node. */
    private boolean isFree(String path) {
        for (String name : path.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals("..")) {
                return false;
            }
        }
        return nodes.keySet().stream().noneMatch(
                other -> other.equals(path) || other.startsWith(path + '/') || path.startsWith(other + '/'));
    }

    private Map<String, SysfsNode> entries(String prefix) {
        Map<String, SysfsNode> entries = new TreeMap<>();
        nodes.forEach((path, node) -> {
            if (path.startsWith(prefix)) {
                String rest = path.substring(prefix.length());
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    entries.put(rest, node);
                } else {
                    String name = rest.substring(0, slash);
                    entries.put(name, SysfsDirectory.of(() -> entries(prefix + name + '/')));
                }
            }
        });
        return entries;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * A symbolic link.
 *
 * @param target relative to the directory that holds the link, for example {@code ../../../devices/ap/card05}
 */
public record SysfsLink(String target) implements SysfsNode {
    /**
     * Returns the link from a directory to another place of the tree.
     *
     * @param directory where the link lies, for example {@code /bus/ap/devices}
     * @param target where it leads, for example {@code /devices/ap/card05}
     */
    public static SysfsLink between(String directory, String target) {
        String[] from = directory.substring(1).split("/");
        String[] to = target.substring(1).split("/");
        int shared = 0;
        while (shared < from.length && shared < to.length - 1 && from[shared].equals(to[shared])) {
            shared++;
        }
        StringBuilder text = new StringBuilder();
        for (int i = shared; i < from.length; i++) {
            text.append("../");
        }
        for (int i = shared; i < to.length; i++) {
            text.append(to[i]).append(i < to.length - 1 ? "/" : "");
        }
        return new SysfsLink(text.toString());
    }
}

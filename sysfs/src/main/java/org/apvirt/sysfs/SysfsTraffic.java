// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import org.apvirt.device.Errno;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Hears what programs read and write through a mount, after it is done, on the thread that did it. */
public interface SysfsTraffic {
    /** Nobody listens. */
    SysfsTraffic NONE = new SysfsTraffic() {
        @Override
        public void read(String path, @Nullable Errno refused) {
            // not wanted
        }

        @Override
        public void written(String path, String text, @Nullable Errno refused) {
            // not wanted
        }
    };

    /**
     * An attribute was read from its beginning.
     *
     * @param path from the root of the mount
     * @param refused null if it was given
     */
    void read(String path, @Nullable Errno refused);

    /**
     * An attribute was written.
     *
     * @param path from the root of the mount
     * @param text of the one write(2)
     * @param refused null if it was taken
     */
    void written(String path, String text, @Nullable Errno refused);
}

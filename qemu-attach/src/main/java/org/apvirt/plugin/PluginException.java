// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;

import org.apvirt.arch.Printable;

/** What came over a connection is not what the plugin sends. */
final class PluginException extends IOException {
    private static final long serialVersionUID = 1;

    PluginException(String message) {
        super(Printable.line(message));
    }
}

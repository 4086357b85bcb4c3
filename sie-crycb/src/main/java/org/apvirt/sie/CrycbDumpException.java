// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.apvirt.arch.Printable;

/** A dump that cannot be read; the message names the place and the remedy, in one line. */
public final class CrycbDumpException extends Exception {
    private static final long serialVersionUID = 1;

    CrycbDumpException(String message) {
        super(Printable.line(message), null, false, false);
    }
}

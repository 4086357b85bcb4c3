// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;

import org.apvirt.arch.Printable;

/** The stub said something that the protocol, or this program, does not allow for. One line, for people. */
public final class RspException extends IOException {
    private static final long serialVersionUID = 1;

    /** A breach, described. */
    public RspException(String message) {
        super(Printable.line(message));
    }
}

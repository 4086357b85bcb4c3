// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.apvirt.arch.Printable;

/** The kernel refused a caller. Carries the errno and a reason for people; the errno is what user space gets. */
public final class ErrnoException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    /** A refusal with its reason: what was wrong, with the value. */
    public ErrnoException(Errno errno, String reason) {
        super(errno + ": " + Printable.line(reason), null, false, false);
        this.errno = errno;
    }

    /** A refusal that needs no words. */
    public ErrnoException(Errno errno) {
        this(errno, errno.text());
    }

    /** Returns the errno. */
    public Errno errno() {
        return errno;
    }
}

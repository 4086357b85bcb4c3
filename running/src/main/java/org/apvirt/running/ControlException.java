// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A request was refused by us or by QEMU, and changed nothing. What the kernel refuses is an
 * {@link org.apvirt.device.ErrnoException}. The message is one line that names the argument, its value and the remedy.
 */
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Reason {
        /** An argument is wrong whatever the state of the machine. */
        INVALID,
        /** What it is about is not there. */
        MISSING,
        /** It is there already, or in another state. */
        CONFLICT,
        /** QEMU, or the guest behind a stub, refused. */
        REFUSED,
        /** Too many requests wait. */
        BUSY
    }

    private final Reason reason;
    private final @Nullable String argument;

    /**
     * A refusal.
     *
     * @param argument the name of the argument that is to blame, null: none in particular
     * @param message one line
     */
    public ControlException(Reason reason, @Nullable String argument, String message) {
        super(message.strip().replaceAll("\\s*\\R\\s*", " "), null, false, false);
        this.reason = reason;
        this.argument = argument;
    }

    /** Returns why. */
    public Reason reason() {
        return reason;
    }

    /** Returns the name of the argument that is to blame, null: none in particular. */
    public @Nullable String argument() {
        return argument;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import org.checkerframework.checker.nullness.qual.Nullable;

/** QEMU refuses a CPU model. The message is what it prints after its own name; the guest does not start. */
public final class CpuModelException extends Exception {
    private static final long serialVersionUID = 1;

    private final @Nullable String hint;

    /** A refusal in QEMU's words. */
    public CpuModelException(String message) {
        this(message, null);
    }

    /** A refusal and the line that follows it. */
    public CpuModelException(String message, @Nullable String hint) {
        super(message, null, false, false);
        this.hint = hint;
    }

    /** Returns the message: never null. */
    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }

    /** Returns the line that QEMU prints after the message; null if none. */
    public @Nullable String hint() {
        return hint;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

/** QEMU has ended before the guest started: it refused something, or was only asked for help. */
public final class QemuExit extends Exception {
    private static final long serialVersionUID = 1;

    private final transient QemuMessages messages;
    private final int status;

    QemuExit(QemuMessages messages, int status) {
        super(String.join("\n", messages.lines()), null, false, false);
        this.messages = messages;
        this.status = status;
    }

    /** Returns what it printed. */
    public QemuMessages messages() {
        return messages;
    }

    /** Returns the exit status: 0 after help, else 1. */
    public int status() {
        return status;
    }
}

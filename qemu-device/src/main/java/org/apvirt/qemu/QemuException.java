// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * QEMU refuses something. The message is QEMU's, without the name of the program and the place it puts before it; over
 * QMP it is the description.
 */
public final class QemuException extends Exception {
    private static final long serialVersionUID = 1;

    /** QMP's error class. */
    public enum ErrorClass {
        /** Nearly everything. */
        GENERIC_ERROR("GenericError"),
        /** No device has the id. */
        DEVICE_NOT_FOUND("DeviceNotFound");

        private final String text;

        ErrorClass(String text) {
            this.text = text;
        }

        /** Returns the name as QMP writes it. */
        @Override
        public String toString() {
            return text;
        }
    }

    private final String text;
    private final @Nullable String hint;
    private final ErrorClass errorClass;

    /** A refusal in QEMU's words. */
    public QemuException(String message) {
        this(message, null);
    }

    /** A refusal and the lines that QEMU prints after it on a terminal. */
    public QemuException(String message, @Nullable String hint) {
        this(message, hint, ErrorClass.GENERIC_ERROR);
    }

    /** A refusal of a class. */
    public QemuException(String message, @Nullable String hint, ErrorClass errorClass) {
        super(message, null, false, false);
        this.text = message;
        this.hint = hint;
        this.errorClass = errorClass;
    }

    /** Returns this refusal with something put before its message. */
    QemuException prepend(String before) {
        return new QemuException(before + text, hint, errorClass);
    }

    /** Returns the message: never null. */
    @Override
    public String getMessage() {
        return text;
    }

    /** Returns the lines after the message; null if none. */
    public @Nullable String hint() {
        return hint;
    }

    /** Returns QMP's error class. */
    public ErrorClass errorClass() {
        return errorClass;
    }
}

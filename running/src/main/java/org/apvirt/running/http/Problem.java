// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.Locale;

import org.apvirt.device.ErrnoException;
import org.apvirt.running.ControlException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Why a request was refused, as RFC 9457 has it.
 *
 * @param title what kind of refusal
 * @param status the HTTP status
 * @param detail one line that names the argument, its value and the remedy
 * @param errno what the kernel answered, null: it was not the kernel
 * @param argument the argument that is to blame, null: none in particular
 */
record Problem(String title, int status, String detail, @Nullable String errno, @Nullable String argument) {
    static final int TOO_LARGE = 413;

    /** Something that is not there. */
    static Problem missing(@Nullable String argument, String detail) {
        return new Problem("missing", 404, detail, null, argument);
    }

    /** Returns why something failed. */
    static Problem of(Throwable failure) {
        return switch (failure) {
            case ErrnoException refused ->
                new Problem("refused by the kernel", 409, String.valueOf(refused.getMessage()),
                        refused.errno().name(), null);
            case ControlException refused -> new Problem(refused.reason().name().toLowerCase(Locale.ROOT),
                    switch (refused.reason()) {
                        case INVALID -> 400;
                        case MISSING -> 404;
                        case CONFLICT, REFUSED -> 409;
                        case BUSY -> 503;
                    }, String.valueOf(refused.getMessage()), null, refused.argument());
            default ->
                new Problem("fault of apvirt", 500, failure.toString().replaceAll("\\s*\\R\\s*", " "), null, null);
        };
    }
}

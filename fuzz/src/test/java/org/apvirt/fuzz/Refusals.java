// SPDX-License-Identifier: Apache-2.0
package org.apvirt.fuzz;

import java.nio.charset.StandardCharsets;

import org.apvirt.arch.Printable;
import org.checkerframework.checker.nullness.qual.Nullable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/** What every refusal has to be. */
public final class Refusals {
    private Refusals() {}

    /** Fails unless a message is one line that a terminal shows as it is. */
    public static void assertOneLine(@Nullable String message) {
        assertNotNull(message);
        assertEquals(Printable.line(message), message);
    }

    /** Returns bytes of any kind as the text that a file of them would be. */
    public static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

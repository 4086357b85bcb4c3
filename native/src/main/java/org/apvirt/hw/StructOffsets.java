// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where a C compiler puts the fields of the blocks that Java reads and writes byte by byte. The table comes from the C
 * library ({@code ap_layout.h}), and tests compare it with the constants on the Java side.
 *
 * <p>A name is {@code structure} (its size in bytes), {@code structure.field} (its offset in bytes) or, of a bit-field,
 * {@code structure.field} (its mask in the word that holds it).
 */
public final class StructOffsets {
    private final Map<String, Long> numbers;

    private StructOffsets(Map<String, Long> numbers) {
        this.numbers = numbers;
    }

    /**
     * Asks the C library.
     *
     * @throws IllegalStateException if the library cannot be loaded; the message says why
     */
    @SuppressWarnings("signedness") // a mask of 64 bits is a number like the others here: it is only compared
    public static StructOffsets ofLibrary() {
        @Nullable
        String failure = NativeLibrary.failure();
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String line : NativeLibrary.layout().split("\n")) {
            int equals = line.indexOf('=');
            numbers.put(line.substring(0, equals),
                    Long.parseUnsignedLong(line, equals + "=0x".length(), line.length(), 16));
        }
        return new StructOffsets(Collections.unmodifiableMap(numbers));
    }

    /**
     * Returns the number of one name.
     *
     * @throws IllegalArgumentException if the table has no such name
     */
    public long of(String name) {
        @Nullable
        Long number = numbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException("no structure or field " + name + " in the C library");
        }
        return number;
    }

    /** Returns the whole table, in the order of the C source. */
    public Map<String, Long> all() {
        return numbers;
    }
}

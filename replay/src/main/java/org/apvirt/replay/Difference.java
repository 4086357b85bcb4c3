// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import org.apvirt.machine.Json;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The first place where an answer is not the recorded one.
 *
 * @param where for example {@code uevents[3]} or {@code result.ok}
 * @param recorded what the file has there, null: nothing
 * @param answered what came instead, null: nothing
 */
public record Difference(String where, @Nullable Object recorded, @Nullable Object answered) {
    private static final Object NOTHING = new Object() {
        @Override
        public String toString() {
            return "nothing";
        }
    };

    /** Returns the first difference of two plain values, null if there is none. */
    static @Nullable Difference between(Object recorded, Object answered) {
        return between("", recorded, answered);
    }

    private static @Nullable Difference between(String where, @Nullable Object recorded, @Nullable Object answered) {
        if (recorded instanceof Map<?, ?> left && answered instanceof Map<?, ?> right) {
            Set<@Nullable Object> keys = new LinkedHashSet<>(left.keySet());
            keys.addAll(right.keySet());
            for (Object key : keys) {
                Difference difference = between(where.isEmpty() ? String.valueOf(key) : where + '.' + key,
                        presentOr(value(left, key)), presentOr(value(right, key)));
                if (difference != null) {
                    return difference;
                }
            }
            return null;
        }
        if (recorded instanceof List<?> left && answered instanceof List<?> right) {
            for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
                Object a = i < left.size() ? left.get(i) : NOTHING;
                Object b = i < right.size() ? right.get(i) : NOTHING;
                if (!same(a, b)) {
                    return new Difference(where + '[' + i + ']', a, b);
                }
            }
            return null;
        }
        return same(recorded, answered) ? null : new Difference(where, recorded, answered);
    }

    /** A key whose value is null says as little as a key that is absent: recordings have both for an unbound device. */
    private static Object presentOr(@Nullable Object value) {
        return value == null ? NOTHING : value;
    }

    private static boolean same(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Number a && right instanceof Number b) {
            return a.longValue() == b.longValue();
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            if (a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!same(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            return a.keySet().equals(b.keySet())
                    && a.entrySet().stream().allMatch(entry -> same(entry.getValue(), value(b, entry.getKey())));
        }
        return Objects.equals(left, right);
    }

    private static @Nullable Object value(Map<?, ?> map, @Nullable Object key) {
        return key == null ? null : map.get(key);
    }

    /** Returns the three lines for people, without indent or final newline. */
    @Override
    public String toString() {
        return where + "\n  recorded " + text(recorded) + "\n  answered " + text(answered);
    }

    private static String text(@Nullable Object value) {
        return value == NOTHING ? "nothing" : Json.text(value);
    }
}

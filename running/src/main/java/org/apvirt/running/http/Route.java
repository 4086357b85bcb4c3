// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One line of the table of what there is.
 *
 * @param method the HTTP method
 * @param template its path as OpenAPI writes it, for example {@code /v1/cards/{apid}}
 * @param query names that may stand after the question mark
 * @param body names that the content may have; none: there is no content
 * @param action what it does
 */
record Route(String method, String template, Set<String> query, Set<String> body, Action action) {
    /** What a route does. */
    @FunctionalInterface
    interface Action {
        /** Does it; whatever is thrown becomes a problem. */
        Reply run(Call call) throws Exception;
    }

    /** Returns what the variables of the path are, null: another path. */
    @Nullable
    Map<String, String> match(List<String> path) {
        List<String> own = Call.segments(template);
        if (own.size() != path.size()) {
            return null;
        }
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < own.size(); i++) {
            String segment = own.get(i);
            String given = path.get(i);
            if (segment.startsWith("{")) {
                variables.put(segment.substring(1, segment.length() - 1), given);
            } else if (!segment.equals(given)) {
                return null;
            }
        }
        return variables;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a request is answered with.
 *
 * @param status the HTTP status
 * @param type the media type, null: there is no content
 * @param content the content
 * @param location the value of the header Location, null: there is none
 */
record Answer(int status, @Nullable String type, String content, @Nullable String location) implements Reply {
    static final String JSON = "application/json";
    static final String PROBLEM = "application/problem+json";

    /** The request is done, and this is what there is now. */
    static Answer ok(Object value) {
        return json(200, value, null);
    }

    /** The request is done, and there is nothing to say. */
    static Answer nothing() {
        return new Answer(204, null, "", null);
    }

    /** Something was made, and this is it. */
    static Answer made(Object value, String location) {
        return json(201, value, location);
    }

    static Answer json(int status, Object value, @Nullable String location) {
        return new Answer(status, JSON, ControlJson.text(value) + '\n', location);
    }

    static Answer of(Problem problem) {
        return new Answer(problem.status(), PROBLEM, ControlJson.text(problem) + '\n', null);
    }

    static Answer text(String type, String content) {
        return new Answer(200, type, content, null);
    }
}

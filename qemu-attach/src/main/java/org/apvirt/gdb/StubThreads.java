// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The threads of a stub, one a CPU of its guest. */
final class StubThreads {
    private static final int MOST_CPUS = 1024;

    private final RspConnection connection;
    private final StubCommands commands;
    private List<String> known = List.of();

    StubThreads(RspConnection connection, StubCommands commands) {
        this.connection = connection;
        this.commands = commands;
    }

    /** Returns the threads. When they are as many as before, that takes one trip. */
    List<String> ask() throws IOException {
        int expected = known.size();
        commands.out.begin("qfThreadInfo").end();
        for (int i = 0; i < expected; i++) {
            commands.out.begin("qsThreadInfo").end();
        }
        commands.flush();
        List<String> found = new ArrayList<>();
        boolean more = true;
        for (int i = 0; i <= expected || more; i++) {
            RspReply answer = i <= expected ? connection.answer() : connection.request("qsThreadInfo");
            String text = answer.text();
            if (text.equals("l")) {
                more = false;
            } else if (more && text.startsWith("m") && found.size() < MOST_CPUS) {
                found.addAll(List.of(text.substring(1).split(",")));
            } else {
                throw new RspException("the stub answered '" + answer.shortText() + "' to the question for its CPUs");
            }
        }
        known = List.copyOf(found);
        return known;
    }

    /** Returns the threads as they were when they were asked for the last time. */
    List<String> known() {
        return known;
    }
}

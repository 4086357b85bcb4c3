// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;

/** Commands to a stub that leave in one write with the next question: those that are only to be answered with OK wait. */
final class StubCommands {
    final RspWriter out;
    private final RspConnection connection;
    private final StringBuilder owed = new StringBuilder(); // the commands sent or waiting that are not answered yet

    StubCommands(RspConnection connection) {
        this.connection = connection;
        this.out = connection.out;
    }

    /** Ends the packet of a command that is to be answered with OK, and lets it wait. */
    void later(char command) {
        out.end();
        owed.append(command);
    }

    /** Sends all that waits and takes the answers to it, up to that of the last packet. */
    void flush() throws IOException {
        connection.flush();
        for (int i = 0; i < owed.length(); i++) {
            RspReply answer = connection.answer();
            if (!answer.isOk()) {
                throw new RspException("the stub answered '" + answer.shortText() + "' to the packet '" + owed.charAt(i)
                        + "', not OK");
            }
        }
        owed.setLength(0);
    }
}

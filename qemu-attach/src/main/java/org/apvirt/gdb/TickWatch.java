// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

/**
 * Lets a kernel that boots stop at each interruption by its timer, where it reads which external interruption it has. Nobody who is
 * there needs that. But if we are killed before the {@link Trampoline} is in front of the last of the handlers that a kernel sets,
 * the guest would run on to its first AP instruction, and take the exception for the answer that there are no cards; so it
 * stands still before that, a tick later.
 */
final class TickWatch {
    /** Real address of CPU address and code of an external interruption. */
    private static final long EXTERNAL_INTERRUPTION = 0x84;
    private static final int LENGTH = 4;

    private final GuestStub stub;
    private boolean isSet;

    TickWatch(GuestStub stub) {
        this.stub = stub;
    }

    /** Sets it, or removes it. The guest is stopped. */
    void set(boolean on) {
        if (on != isSet) {
            stub.watchLoads(EXTERNAL_INTERRUPTION, LENGTH, on);
            isSet = on;
        }
    }
}

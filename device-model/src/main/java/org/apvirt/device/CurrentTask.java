// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Which {@link Task} a thread works for. */
final class CurrentTask {
    static final ThreadLocal<@Nullable Task> BOUND = new ThreadLocal<>();

    /** A thread that works for itself. Who interrupts it wants its end: the signal is fatal. */
    static final Task OF_THREAD = new Task() {
        @Override
        public String command() {
            return Thread.currentThread().getName();
        }

        @Override
        public long pid() {
            return Thread.currentThread().threadId();
        }

        @Override
        public boolean hasFatalSignal() {
            return Task.signalPending();
        }
    };

    private CurrentTask() {}
}

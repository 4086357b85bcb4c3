// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.Occurrences;

/**
 * A fault that was injected and not taken back; it may have had its effect.
 *
 * @param fault what goes wrong, without what it had counted before it was injected
 * @param counted what it has seen and hit so far
 */
public record InjectedFault(InstructionFault fault, Occurrences counted) {
    /** Returns a fault that goes on from here. */
    public InstructionFault soFar(long nowNanos) {
        return fault.when(fault.when().after(counted.counted(nowNanos)));
    }

    /** An injected fault is itself, not its like. */
    @Override
    public boolean equals(@org.checkerframework.checker.nullness.qual.Nullable Object other) {
        return other instanceof InjectedFault that && counted == that.counted;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(counted);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ProgramCode;

/** What became of an intercepted PQAP. */
public sealed interface PqapOutcome {
    /**
     * The instruction is complete: the status goes to the guest's GR1, the condition code is 3 if its response code is
     * not 0.
     *
     * @param status status word for the guest
     */
    record Completed(ApQueueStatus status) implements PqapOutcome {}

    /**
     * The guest gets a program interruption.
     *
     * @param code a {@link ProgramCode}
     */
    record ProgramInterruption(int code) implements PqapOutcome {}

    /** Not handled in the kernel ({@code -EOPNOTSUPP} there): user space decides, and QEMU injects an operation exception. */
    record ForUserspace() implements PqapOutcome {}
}

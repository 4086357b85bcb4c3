// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * UVC, by which an operating system calls the ultravisor, at register level: like {@link ApInstructions} it returns the
 * condition code, or an interruption. Implementations are thread-safe; the registers belong to the calling thread.
 *
 * <p>Condition code 0: done. 1: refused, the control block has the return code. What the control block asks for, and
 * where it lies, is in {@link UltravisorBlock}.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/uv.h}.
 */
@FunctionalInterface
public interface UltravisorCall {
    /** Opcode, the left halfword of the instruction. */
    int OPCODE = 0xb9a4;

    /** A machine without the ultravisor-call facility. */
    UltravisorCall NOT_INSTALLED = (registers, storage, r1,
            r2) -> ApInstructions.interruption(ProgramCode.OPERATION);

    /**
     * UVC R1,R2.
     *
     * @param r1 register that holds 0
     * @param r2 register that holds the logical address of the control block
     */
    int uvc(ApRegisters registers, Storage storage, int r1, int r2);
}

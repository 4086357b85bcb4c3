// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

/** Where an instruction is executed: in this process, or by whoever may do it on its behalf. Thread-safe. */
interface InstructionPort {
    /** Opcode of NQAP, R1 = 2 and R2 = 4. */
    int NQAP = 0xb2ad;
    /** Opcode of DQAP, R1 = 4 and R2 = 6. */
    int DQAP = 0xb2ae;
    /** Opcode of PQAP. */
    int PQAP = 0xb2af;

    /** This process. It ends in a privileged-operation exception unless the process is allowed what none is. */
    InstructionPort PROCESS = (opcode, operands) -> NativeLibrary.issue(opcode, operands.registersAddress());

    /**
     * Issues one instruction once.
     *
     * @param operands registers and storage, updated unless the result is an interruption
     * @return condition code, or an interruption as {@link org.apvirt.arch.ApInstructions} returns it
     */
    int issue(int opcode, NativeOperands operands);
}

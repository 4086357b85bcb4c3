// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.util.concurrent.atomic.LongAdder;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.UltravisorCall;

/**
 * Executes the AP instruction, or the ultravisor call, that a guest stopped at. Independent of the transport: a gdb stub and a plugin inside
 * QEMU both hand in the instruction, the registers and the storage, and carry the result back. Thread-safe: each CPU of the
 * guest may have a thread.
 */
public final class ApEmulation {
    /** Opcode of NQAP, the left halfword of the instruction. */
    public static final int NQAP = 0xb2ad;
    /** Opcode of DQAP. */
    public static final int DQAP = 0xb2ae;
    /** Opcode of PQAP. */
    public static final int PQAP = 0xb2af;

    private final ApInstructions instructions;
    private final UltravisorCall ultravisor;
    private final LongAdder executed = new LongAdder();

    /** An emulation that hands instructions to a machine, or to the virtual machine of a KVM guest. */
    public ApEmulation(ApInstructions instructions) {
        this(instructions, UltravisorCall.NOT_INSTALLED);
    }

    /** An emulation that also has somebody answer UVC. */
    public ApEmulation(ApInstructions instructions, UltravisorCall ultravisor) {
        this.instructions = instructions;
        this.ultravisor = ultravisor;
    }

    /** Tells whether a 4-byte instruction is one of the three. */
    public static boolean isApInstruction(int instruction) {
        int opcode = instruction >> 16 & 0xffff;
        return opcode >= NQAP && opcode <= PQAP;
    }

    /**
     * Executes one instruction.
     *
     * @param instruction its 4 bytes
     * @param registers registers of the program, with its problem-state bit; updated
     * @return condition code or interruption, as {@link ApInstructions} has it; an operation exception for any other
     *     instruction
     */
    public int execute(int instruction, ApRegisters registers, Storage storage) {
        int r1 = instruction >> 4 & 0xf;
        int r2 = instruction & 0xf;
        if (isApInstruction(instruction)) {
            executed.increment();
        }
        return switch (instruction >> 16 & 0xffff) {
            case PQAP -> instructions.pqap(registers, storage);
            case NQAP -> instructions.nqap(registers, storage, r1, r2);
            case DQAP -> instructions.dqap(registers, storage, r1, r2);
            case UltravisorCall.OPCODE -> ultravisor.uvc(registers, storage, r1, r2);
            default -> ApInstructions.interruption(ProgramCode.OPERATION);
        };
    }

    /** Returns how many AP instructions were executed. */
    public long executed() {
        return executed.sum();
    }
}

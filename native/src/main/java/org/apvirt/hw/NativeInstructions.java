// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.nio.ByteBuffer;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;

/**
 * PQAP, NQAP and DQAP of the machine that this program runs on. Registers and storage operands are copied to native
 * memory, the instruction is issued once, and what it changed is copied back; addresses that the instruction advances
 * come back as addresses of the caller's storage.
 *
 * <p>The notification byte of AQIC is an absolute address of the machine, and passes as it is.
 */
public final class NativeInstructions implements ApInstructions {
    /** Longer operands are cut to this. The longest message has 15 units of 4096 bytes (ML), so that none ever is. */
    private static final int MAX_OPERAND_BYTES = 0x1_0000;

    private final InstructionPort port;
    @SuppressWarnings("nullness:type.argument") // withInitial never gives null
    private final ThreadLocal<NativeOperands> operands = ThreadLocal.withInitial(NativeOperands::new);

    /** Instructions issued through a port; {@link ApHardware} knows which one is there. */
    NativeInstructions(InstructionPort port) {
        this.port = port;
    }

    /** Crosses into C and back, and does nothing there: what a benchmark takes off. Returns the number. */
    public static int crossing(int number) {
        return NativeLibrary.nothing(number);
    }

    @Override
    public int pqap(ApRegisters registers, Storage storage) {
        if (registers.problemState()) {
            return ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);
        }
        NativeOperands memory = operands.get();
        for (int i = 0; i <= 2; i++) {
            memory.gr(i, registers.gr(i));
        }
        if (Pqap.functionCode(registers.low(0)) == Pqap.QCI) {
            return qci(registers, storage, memory);
        }
        int result = port.issue(InstructionPort.PQAP, memory);
        if (!ApInstructions.isInterruption(result)) {
            registers.gr(1, memory.gr(1));
            registers.gr(2, memory.gr(2));
        }
        return result;
    }

    /** QCI stores a block at the logical address in GR2, which stays as it is. */
    private int qci(ApRegisters registers, Storage storage, NativeOperands memory) {
        long address = registers.gr(2);
        if ((address & 7) != 0) {
            return ApInstructions.interruption(ProgramCode.SPECIFICATION);
        }
        byte[] block = new byte[ApConfigInfo.LENGTH];
        int access = requireWritable(storage, address, block);
        if (access != 0) {
            return access;
        }
        ByteBuffer operand = memory.operand(block.length);
        memory.gr(2, memory.operandAddress());
        int result = port.issue(InstructionPort.PQAP, memory);
        if (!ApInstructions.isInterruption(result)) {
            registers.gr(1, memory.gr(1));
            operand.get(0, block);
            storage.store(address, block, 0, block.length);
        }
        return result;
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        if (registers.problemState()) {
            return ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);
        }
        if (((r1 | r2) & 1) != 0) {
            return ApInstructions.interruption(ProgramCode.SPECIFICATION);
        }
        long address = registers.gr(r2);
        long wanted = registers.gr(r2 + 1);
        int length = operandLength(wanted);
        byte[] message = new byte[length];
        int access = storage.load(address, message, 0, length);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        NativeOperands memory = operands.get();
        memory.operand(length).put(0, message);
        memory.gr(0, registers.gr(0));
        memory.gr(1, registers.gr(1));
        memory.gr(2, registers.gr(r1));
        memory.gr(3, registers.gr(r1 + 1));
        memory.gr(4, memory.operandAddress());
        memory.gr(5, length);
        int result = port.issue(InstructionPort.NQAP, memory);
        if (!ApInstructions.isInterruption(result)) {
            registers.gr(1, memory.gr(1));
            long taken = length - memory.gr(5);
            registers.gr(r2, address + taken);
            registers.gr(r2 + 1, wanted - taken);
        }
        return result;
    }

    @Override
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        if (registers.problemState()) {
            return ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);
        }
        if (((r1 | r2) & 1) != 0) {
            return ApInstructions.interruption(ProgramCode.SPECIFICATION);
        }
        long address = registers.gr(r2);
        long wanted = registers.gr(r2 + 1);
        int length = operandLength(wanted);
        byte[] reply = new byte[length];
        int access = requireWritable(storage, address, reply);
        if (access != 0) {
            return access;
        }
        NativeOperands memory = operands.get();
        ByteBuffer operand = memory.operand(length);
        memory.gr(0, registers.gr(0));
        memory.gr(1, registers.gr(1));
        memory.gr(2, registers.gr(2));
        memory.gr(3, registers.gr(3));
        memory.gr(4, registers.gr(r1));
        memory.gr(5, registers.gr(r1 + 1));
        memory.gr(6, memory.operandAddress());
        memory.gr(7, length);
        int result = port.issue(InstructionPort.DQAP, memory);
        if (!ApInstructions.isInterruption(result)) {
            int stored = length - (int) memory.gr(7);
            operand.get(0, reply, 0, stored);
            storage.store(address, reply, 0, stored);
            registers.gr(0, memory.gr(0));
            registers.gr(1, memory.gr(1));
            registers.gr(2, memory.gr(2));
            registers.gr(r1, memory.gr(4));
            registers.gr(r1 + 1, memory.gr(5));
            registers.gr(r2, address + stored);
            registers.gr(r2 + 1, wanted - stored);
        }
        return result;
    }

    /** A length has 64 bits and no sign; of one that is too big for any adapter the machine only says that. */
    private static int operandLength(long length) {
        return length < 0 || length > MAX_OPERAND_BYTES ? MAX_OPERAND_BYTES : (int) length;
    }

    /**
     * Stores what is there already: once the instruction is done it is too late for an access exception, a dequeued
     * reply cannot be put back.
     *
     * @param content receives what the storage holds
     * @return 0, or the interruption
     */
    private static int requireWritable(Storage storage, long address, byte[] content) {
        int access = storage.load(address, content, 0, content.length);
        if (access == 0) {
            access = storage.store(address, content, 0, content.length);
        }
        return access == 0 ? 0 : ApInstructions.interruption(access);
    }
}

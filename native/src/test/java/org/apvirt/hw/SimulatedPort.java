// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApInstructions;

/** A port whose answer a test writes down; it keeps what the instruction found in native memory. */
final class SimulatedPort implements InstructionPort {
    /** What the machine does with registers and storage; returns the condition code. */
    interface Answer {
        int to(NativeOperands memory);
    }

    private final Answer answer;
    final List<Integer> opcodes = new ArrayList<>();
    final long[] in = new long[NativeOperands.REGISTERS];

    SimulatedPort(Answer answer) {
        this.answer = answer;
    }

    static SimulatedPort answeringInterruption(int programCode) {
        return new SimulatedPort(memory -> ApInstructions.interruption(programCode));
    }

    @Override
    public int issue(int opcode, NativeOperands memory) {
        opcodes.add(opcode);
        for (int i = 0; i < in.length; i++) {
            in[i] = memory.gr(i);
        }
        return answer.to(memory);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What an instruction finds in native memory: a {@code struct ap_regs} (general registers 0..7 in the byte order of
 * this machine) and one storage operand. Owned by one thread and reused.
 */
final class NativeOperands {
    /** Registers in the structure. */
    static final int REGISTERS = 8;

    private final ByteBuffer registers = ByteBuffer.allocateDirect(REGISTERS * Long.BYTES)
            .order(ByteOrder.nativeOrder());
    private final long registersAddress = NativeLibrary.address(registers);
    private ByteBuffer operand = ByteBuffer.allocateDirect(0);
    private long operandAddress;

    /** Returns the address of the structure. */
    long registersAddress() {
        return registersAddress;
    }

    /** Returns a general register, 0..7. */
    long gr(int number) {
        return registers.getLong(number * Long.BYTES);
    }

    /** Sets a general register, 0..7. */
    void gr(int number, long value) {
        registers.putLong(number * Long.BYTES, value);
    }

    /** Returns the operand, at least this many bytes long, on a doubleword boundary; what it holds is undefined. */
    ByteBuffer operand(int lengthBytes) {
        if (operand.capacity() < lengthBytes) {
            ByteBuffer whole = ByteBuffer.allocateDirect(lengthBytes + Long.BYTES);
            operand = whole.alignedSlice(Long.BYTES);
            operandAddress = NativeLibrary.address(operand);
        }
        return operand;
    }

    /** Returns the address of the operand that was asked for last. */
    long operandAddress() {
        return operandAddress;
    }
}

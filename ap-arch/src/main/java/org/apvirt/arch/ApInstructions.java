// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * PQAP, NQAP and DQAP at register level. Whoever answers (a real machine, the simulator, SIE on behalf of a guest)
 * implements this one interface, and whoever issues (the AP bus of a host, the AP bus of a guest) calls it.
 *
 * <p>Each method returns the condition code 0..3, or {@link #INTERRUPTION} plus a {@link ProgramCode}; nothing is
 * allocated. On an interruption the registers are unchanged. Implementations are thread-safe; the registers belong to
 * the calling thread.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/ap.h}.
 */
public interface ApInstructions {
    /** Added to a {@link ProgramCode} in a result. */
    int INTERRUPTION = 0x1_0000;

    /** PQAP: GR0 function code and APQN, GR1 in/out, GR2 in/out. Opcode B2AF. */
    int pqap(ApRegisters registers, Storage storage);

    /**
     * NQAP R1,R2: enqueues a message. Opcode B2AD.
     *
     * @param r1 even register of the pair that holds the PSMID
     * @param r2 even register of the pair that holds address and length of the message
     */
    int nqap(ApRegisters registers, Storage storage, int r1, int r2);

    /**
     * NQAP on behalf of a guest: a domain that the message names, other than the queue's own, must be one that the
     * guest controls, and protected keys are made for this guest. The machine looks into the message for that; real
     * hardware knows the guest's masks by itself.
     *
     * @param sender the guest
     */
    default int nqap(ApRegisters registers, Storage storage, int r1, int r2, Sender sender) {
        return nqap(registers, storage, r1, r2);
    }

    /**
     * DQAP R1,R2: dequeues a reply. Opcode B2AE.
     *
     * @param r1 even register of the pair that receives the PSMID
     * @param r2 even register of the pair that holds address and length of the buffer
     */
    int dqap(ApRegisters registers, Storage storage, int r1, int r2);

    /** Returns the result for a program interruption. */
    static int interruption(int programCode) {
        return INTERRUPTION | programCode;
    }

    /** Tells whether a result is a program interruption rather than a condition code. */
    static boolean isInterruption(int result) {
        return result >= INTERRUPTION;
    }

    /** Returns the program-interruption code of a result. */
    static int programCode(int result) {
        return result & ~INTERRUPTION;
    }
}

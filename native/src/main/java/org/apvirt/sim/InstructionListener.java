// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

/** Hears of every AP instruction that a simulated machine completed; program interruptions are not reported. */
@FunctionalInterface
public interface InstructionListener {
    /** Stands for NQAP where PQAP has its function code. */
    int NQAP = 0x100;
    /** Stands for DQAP where PQAP has its function code. */
    int DQAP = 0x101;

    /**
     * Called on the issuing thread, after the instruction.
     *
     * @param functionCode function code of PQAP 0..8, {@link #NQAP} or {@link #DQAP}
     * @param qid APQN as in general register 0; without meaning for QCI
     * @param responseCode response code 0x00..0xff; 0 for QCI
     */
    void issued(int functionCode, int qid, int responseCode);
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The AP instructions as an operating system calls them: typed, one method per function, each returning the queue
 * status word. Thread-safe: every thread works on registers of its own, and a status query allocates nothing.
 *
 * <p>A program interruption here is a defect of the caller, who checks facilities first; it ends in an
 * {@link IllegalStateException}. Only {@link #installed()} expects one.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/ap.h}, {@code ap_tapq}, {@code ap_rapq}, {@code ap_qci} and so on.
 */
public final class ApCommands {
    private static final Storage NO_STORAGE = new ArrayStorage(0);

    private final ApInstructions instructions;
    private final Facilities facilities;
    @SuppressWarnings("nullness:type.argument") // withInitial never gives null
    private final ThreadLocal<ApRegisters> registers = ThreadLocal.withInitial(ApRegisters::new);

    /** Commands to one machine. */
    public ApCommands(ApInstructions instructions, Facilities facilities) {
        this.instructions = instructions;
        this.facilities = facilities;
    }

    /** Returns the facilities of the machine. */
    public Facilities facilities() {
        return facilities;
    }

    /** Tells whether the AP instructions are installed: TAPQ of APQN 00.0000 does not end in an interruption. */
    public boolean installed() {
        ApRegisters regs = registers.get();
        regs.gr(0, 0);
        regs.gr(1, 0);
        regs.gr(2, 0);
        return !ApInstructions.isInterruption(instructions.pqap(regs, NO_STORAGE));
    }

    private int issue(String name, int result) {
        if (ApInstructions.isInterruption(result)) {
            throw new IllegalStateException(
                    name + " ended in program interruption " + ApInstructions.programCode(result));
        }
        return result;
    }

    private ApRegisters prepare(int functionCode, int qid, long gr1, long gr2) {
        ApRegisters regs = registers.get();
        regs.gr(0, (long) functionCode << Pqap.FC_SHIFT | qid);
        regs.gr(1, gr1);
        regs.gr(2, gr2);
        return regs;
    }

    private int status(String name, ApRegisters regs, Storage storage) {
        issue(name, instructions.pqap(regs, storage));
        return regs.low(1);
    }

    /** PQAP(TAPQ), with the T bit if the facility is installed. The second result is {@link #hardwareInfo()}. */
    public int tapq(Apqn apqn) {
        int tBit = facilities.has(Facilities.APFT) ? Pqap.T_BIT : 0;
        return status("TAPQ", prepare(Pqap.TAPQ, apqn.qid() | tBit, 0, 0), NO_STORAGE);
    }

    /** Returns general register 2 of this thread's last command: after TAPQ the {@link ApHardwareInfo} value. */
    public long hardwareInfo() {
        return registers.get().gr(2);
    }

    /** PQAP(RAPQ): reset; with {@code unbind} the F bit too. */
    public int rapq(Apqn apqn, boolean unbind) {
        return status("RAPQ", prepare(Pqap.RAPQ, apqn.qid() | (unbind ? Pqap.F_BIT : 0), 0, 0), NO_STORAGE);
    }

    /** PQAP(ZAPQ): reset and zeroize; with {@code unbind} the F bit too. */
    public int zapq(Apqn apqn, boolean unbind) {
        return status("ZAPQ", prepare(Pqap.ZAPQ, apqn.qid() | (unbind ? Pqap.F_BIT : 0), 0, 0), NO_STORAGE);
    }

    /**
     * PQAP(AQIC): enables or disables interruption.
     *
     * @param control general register 1: {@link Pqap#AQIC_IR}, GISC, GISA, ISC; 0 disables
     * @param nib absolute address of the notification byte
     */
    public int aqic(Apqn apqn, long control, long nib) {
        return status("AQIC", prepare(Pqap.AQIC, apqn.qid(), control, nib), NO_STORAGE);
    }

    /** PQAP(QCI): what this configuration owns, null if the facility is not installed. */
    public @Nullable ApConfigInfo qci() {
        if (!facilities.has(Facilities.QCI)) {
            return null;
        }
        byte[] block = new byte[ApConfigInfo.LENGTH];
        issue("QCI", instructions.pqap(prepare(Pqap.QCI, 0, 0, 0), new ArrayStorage(block)));
        return ApConfigInfo.load(block, 0);
    }

    /**
     * PQAP(QACT): asks for a type that is compatible with this queue's adapter.
     *
     * @param functions function word of the adapter; the mode bits D, A, X are passed on
     * @param highestType the newest type that the caller knows
     * @return status word; the compatible type is {@link #compatibleType()}
     */
    public int qact(Apqn apqn, int functions, int highestType) {
        long modes = (long) (functions & (ApHardwareInfo.CCA | ApHardwareInfo.ACCEL | ApHardwareInfo.EP11)) << 32;
        return status("QACT", prepare(Pqap.QACT, apqn.qid(), modes | (long) highestType << 24, 0), NO_STORAGE);
    }

    /** Returns the type that this thread's last QACT answered. */
    public int compatibleType() {
        return new ApHardwareInfo(registers.get().gr(2)).type();
    }

    /** PQAP(BAPQ): binds the queue to this Secure Execution guest. */
    public int bapq(Apqn apqn) {
        return status("BAPQ", prepare(Pqap.BAPQ, apqn.qid(), 0, 0), NO_STORAGE);
    }

    /** PQAP(AAPQ): associates the queue with a secret, 0..65535. */
    public int aapq(Apqn apqn, int secretIndex) {
        return status("AAPQ", prepare(Pqap.AAPQ, apqn.qid(), 0, secretIndex), NO_STORAGE);
    }

    /**
     * NQAP: enqueues a message, reissued while the machine was interrupted.
     *
     * @param psmid what the reply will carry
     * @param special the message is a special command
     */
    public int nqap(Apqn apqn, long psmid, byte[] message, int length, boolean special) {
        ApRegisters regs = registers.get();
        regs.gr(0, Pqap.NQAP_LAST | apqn.qid() | (special ? Pqap.SPECIAL : 0));
        regs.gr(1, 0);
        regs.gr(2, psmid >> 32 & 0xffff_ffffL);
        regs.gr(3, psmid & 0xffff_ffffL);
        regs.gr(4, 0);
        regs.gr(5, length);
        Storage storage = new ArrayStorage(message);
        int cc;
        do {
            cc = issue("NQAP", instructions.nqap(regs, storage, 2, 4));
        } while (cc == 2);
        return regs.low(1);
    }

    /**
     * DQAP: dequeues a reply into a buffer, reissued while the reply is not complete and the buffer has room.
     * The further results are {@link #replyPsmid()}, {@link #replyLength(byte[])} and {@link #replyRest()}.
     *
     * @param token 0 on the first try of a message; after an incomplete one, {@link #replyToken()}
     * @return status word; without meaning while {@link #replyRest()} is not 0
     */
    public int dqap(Apqn apqn, byte[] buffer, int token) {
        return dqap(apqn, buffer, buffer.length, token);
    }

    /**
     * DQAP with a part of a buffer; a machine takes no length above the longest message of the adapter.
     *
     * @param length how many bytes of the buffer to offer, from the first on
     * @param token as in {@link #dqap(Apqn, byte[], int)}
     */
    public int dqap(Apqn apqn, byte[] buffer, int length, int token) {
        ApRegisters regs = registers.get();
        regs.gr(0, (token == 0 ? Pqap.DQAP_FIRST | apqn.qid() : token) & 0xffff_ffffL);
        regs.gr(1, 0);
        regs.gr(2, 0);
        regs.gr(4, 0);
        regs.gr(5, 0);
        regs.gr(6, 0);
        regs.gr(7, length);
        Storage storage = new ArrayStorage(buffer);
        int cc;
        do {
            cc = issue("DQAP", instructions.dqap(regs, storage, 4, 6));
        } while ((cc == 1 || cc == 2) && regs.gr(7) > 0);
        return regs.low(1);
    }

    /** Returns the PSMID that this thread's last DQAP delivered. */
    public long replyPsmid() {
        ApRegisters regs = registers.get();
        return regs.gr(4) << 32 | regs.gr(5) & 0xffff_ffffL;
    }

    /** Returns the bytes that this thread's last DQAP stored. */
    public int replyLength(byte[] buffer) {
        return replyLength(buffer.length);
    }

    /** Returns the bytes that this thread's last DQAP stored, of the length that was offered. */
    public int replyLength(int length) {
        return length - (int) registers.get().gr(7);
    }

    /** Returns the bytes of the reply that did not fit into the buffer; 0: the reply is complete. */
    public long replyRest() {
        ApRegisters regs = registers.get();
        return regs.gr(7) > 0 ? 0 : regs.gr(2);
    }

    /** Returns what the next part of an incomplete reply must be asked with. */
    public int replyToken() {
        return registers.get().low(0);
    }
}

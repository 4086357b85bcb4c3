// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.OperandRules;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;

/**
 * What the machine does with PQAP, NQAP and DQAP of a CPU that runs under SIE. The guest's rights are read from the
 * bytes of its CRYCB at each instruction.
 *
 * <table>
 * <caption>Evaluation, the first row that fits</caption>
 * <tr><th>case</th><th>result</th></tr>
 * <tr><td>no APIE in the SIE block</td><td>{@link #INTERCEPTED}</td></tr>
 * <tr><td>PQAP(AQIC)</td><td>{@link #INTERCEPTED}</td></tr>
 * <tr><td>problem state</td><td>privileged-operation exception</td></tr>
 * <tr><td>reserved bit, unknown function, function without its facility, odd register, length 0, QCI block
 *     not on a doubleword, adapter above 63 or domain above 15 without APXA</td><td>specification exception</td></tr>
 * <tr><td>PQAP(QCI)</td><td>the machine's answer, its masks ANDed with those of the CRYCB</td></tr>
 * <tr><td>queue not granted by the CRYCB</td><td>response code 01, condition code 3</td></tr>
 * <tr><td>NQAP</td><td>executed by the level below, which keeps messages from domains that are neither the queue's nor in
 *     the ADM</td></tr>
 * <tr><td>all else</td><td>executed by the level below, with the guest's registers and storage</td></tr>
 * </table>
 *
 * <p>A guest has APXA if its CRYCB has format 2 and the machine has APXA. One without APXA finds it neither in the flags of QCI nor in the
 * function word of TAPQ.
 *
 * <p>One instance belongs to one guest CPU and is not thread-safe. Only the first NQAP after a change of the CRYCB allocates.
 *
 * <p>Source: what Linux {@code arch/s390/kvm/priv.c}, {@code handle_pqap}, and {@code drivers/s390/crypto/ap_bus.c} rely
 * on; the kvm-unit-tests case {@code s390x/ap}.
 */
public final class InterpretedInstructions {
    /** Result: the guest left SIE; the SIE block tells which instruction. */
    public static final int INTERCEPTED = -1;

    private static final int NOT_AVAILABLE = ApQueueStatus.wordOf(ApResponseCode.Q_NOT_AVAIL);
    private static final long TAPQ_APXA = (long) ApHardwareInfo.APXA << 32;
    private static final long TAPQ_ND = 0x00ff_0000;
    private static final long TAPQ_ND_WITHOUT_APXA = (Apcb0.DOMAINS - 1) << 16;

    private final SieBlock sie;
    private final Crycb crycb;
    private final ApInstructions below;
    private final boolean apxa;
    private final OperandRules rules;
    private final ApRegisters scratch = new ApRegisters();
    private final byte[] config = new byte[ApConfigInfo.LENGTH];
    private final Storage configStorage = new ArrayStorage(config);
    // The last sender of a message, and what it was made of
    private Sender origin = Sender.MACHINE;
    private ApMask adm = ApMask.ALL;
    private byte[] aesMask = new byte[Sender.MASK_LENGTH];
    private Sender guestSender = Sender.MACHINE;

    /**
     * Interprets for one guest CPU.
     *
     * @param sie its SIE block
     * @param crycb the block that the SIE block's crycbd designates
     * @param facilities what STFLE tells the guest
     * @param below executes for the level that runs the guest
     * @param apxa that level has APXA; without, the masks are those of the APCB of format 0, whatever the designation says
     */
    public InterpretedInstructions(SieBlock sie, Crycb crycb, Facilities facilities, ApInstructions below,
            boolean apxa) {
        this.sie = sie;
        this.crycb = crycb;
        this.below = below;
        this.apxa = apxa;
        // BAPQ and AAPQ belong to Secure Execution, and no guest runs under it here; AQIC is never interpreted.
        this.rules = OperandRules.of(facilities).with(Pqap.QACT);
    }

    /** PQAP. Returns as {@link ApInstructions#pqap} does, or {@link #INTERCEPTED}. */
    public int pqap(ApRegisters regs, Storage storage) {
        int gr0 = regs.low(0);
        int functionCode = Pqap.functionCode(gr0);
        if (!sie.apie() || functionCode == Pqap.AQIC) {
            return intercept(SieBlock.IPA_PQAP, 0);
        }
        CrycbFormat format = format();
        int exception = rules.pqap(regs, format.usesApcb1());
        if (exception != 0) {
            return ApInstructions.interruption(exception);
        }
        if (functionCode == Pqap.QCI) {
            return queryConfiguration(regs, storage, format);
        }
        if (!crycb.apcb(format).grants(gr0)) {
            return notAvailable(regs);
        }
        int result = below.pqap(regs, storage);
        if (functionCode == Pqap.TAPQ && !format.usesApcb1()) {
            hideApxa(regs);
        }
        return result;
    }

    private CrycbFormat format() {
        CrycbFormat format = sie.crycbFormat();
        return apxa || !format.usesApcb1() ? format : CrycbFormat.FORMAT_1;
    }

    private int intercept(int ipa, int ipb) {
        sie.intercept(SieBlock.ICPT_INSTRUCTION, ipa, ipb);
        return INTERCEPTED;
    }

    private static int notAvailable(ApRegisters regs) {
        regs.low(1, NOT_AVAILABLE);
        return 3;
    }

    private static void hideApxa(ApRegisters regs) {
        if (ApHardwareInfo.isToldWith(ApQueueStatus.responseCode(regs.low(1)))) {
            long info = regs.gr(2) & ~TAPQ_APXA;
            regs.gr(2, info & ~TAPQ_ND | Math.min(info & TAPQ_ND, TAPQ_ND_WITHOUT_APXA));
        }
    }

    private int queryConfiguration(ApRegisters regs, Storage storage, CrycbFormat format) {
        scratch.gr(0, (long) Pqap.QCI << Pqap.FC_SHIFT);
        scratch.gr(2, 0);
        int result = below.pqap(scratch, configStorage);
        if (ApInstructions.isInterruption(result)) {
            return result;
        }
        crycb.apcb(format).restrict(config);
        if (!format.usesApcb1()) {
            config[0] &= (byte) ~(ApConfigInfo.APXA >> 24);
            config[ApConfigInfo.NA_OFFSET] = 0;
            config[ApConfigInfo.ND_OFFSET] = 0;
        }
        int access = storage.store(regs.gr(2), config, 0, ApConfigInfo.LENGTH);
        return access == 0 ? result : ApInstructions.interruption(access);
    }

    /**
     * NQAP. Returns as {@link ApInstructions#nqap} does, or {@link #INTERCEPTED}. Domains that the message may name are
     * those of the ADM.
     *
     * @param sender a guest of this guest; {@link Sender#MACHINE} if the guest itself issues the instruction
     */
    public int nqap(ApRegisters regs, Storage storage, int r1, int r2, Sender sender) {
        if (!sie.apie()) {
            return intercept(SieBlock.IPA_NQAP, r1 << 20 | r2 << 16);
        }
        CrycbFormat format = format();
        int exception = OperandRules.nqap(regs, r1, r2, format.usesApcb1());
        if (exception != 0) {
            return ApInstructions.interruption(exception);
        }
        Apcb apcb = crycb.apcb(format);
        return apcb.grants(regs.low(0))
                ? below.nqap(regs, storage, r1, r2, guestSender(apcb, sender))
                : notAvailable(regs);
    }

    /** Returns the guest, or the guest's guest, as a card is told of it: made anew when the bytes have changed. */
    private Sender guestSender(Apcb apcb, Sender sender) {
        if (sender != origin || !apcb.controls(adm) || !crycb.hasAesMask(aesMask)) {
            origin = sender;
            adm = apcb.adm();
            aesMask = crycb.aesMask();
            guestSender = sender.guest(adm, aesMask);
        }
        return guestSender;
    }

    /** DQAP. Returns as {@link ApInstructions#dqap} does, or {@link #INTERCEPTED}. */
    public int dqap(ApRegisters regs, Storage storage, int r1, int r2) {
        if (!sie.apie()) {
            return intercept(SieBlock.IPA_DQAP, r1 << 20 | r2 << 16);
        }
        CrycbFormat format = format();
        int exception = OperandRules.dqap(regs, r1, r2, format.usesApcb1());
        if (exception != 0) {
            return ApInstructions.interruption(exception);
        }
        return crycb.apcb(format).grants(regs.low(0)) ? below.dqap(regs, storage, r1, r2) : notAvailable(regs);
    }
}

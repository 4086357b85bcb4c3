// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * The program interruptions that PQAP, NQAP and DQAP end in before anybody looks at the queue: the same on the machine and
 * under SIE, with the functions that each has. Thread-safe; allocates nothing.
 *
 * <p>Every check returns a code of {@link ProgramCode}, or 0 if the instruction goes on.
 *
 * <p>Source: what Linux {@code arch/s390/kvm/priv.c}, {@code handle_pqap}, checks for the machine, and
 * {@code drivers/s390/crypto/ap_bus.c} relies on; the kvm-unit-tests case {@code s390x/ap}.
 */
public final class OperandRules {
    private static final int QID = 0xffff;
    private static final int NQAP_BITS = Pqap.NQAP_LAST | Pqap.SPECIAL | QID;
    /** Bits 36-39 are what an incomplete DQAP left there. */
    private static final int DQAP_BITS = Pqap.DQAP_FIRST | 0x0f00_0000 | QID;
    private static final int TAKE_F_BIT = 1 << Pqap.RAPQ | 1 << Pqap.ZAPQ | 1 << Pqap.QACT;

    private final int functions; // bit 1 << n: there is the function with code n
    private final int reserved;

    private OperandRules(int functions, int reserved) {
        this.functions = functions;
        this.reserved = reserved;
    }

    /** Returns the rules where there are TAPQ, RAPQ and ZAPQ, QCI by facility 12, and the T bit by facility 15. */
    public static OperandRules of(Facilities facilities) {
        int functions = 1 << Pqap.TAPQ | 1 << Pqap.RAPQ | 1 << Pqap.ZAPQ;
        if (facilities.has(Facilities.QCI)) {
            functions |= 1 << Pqap.QCI;
        }
        // KVM, which checks on behalf of the machine, takes the T bit with any function where TAPQ may have it.
        return new OperandRules(functions, Pqap.RESERVED | (facilities.has(Facilities.APFT) ? 0 : Pqap.T_BIT));
    }

    /** Returns these rules where there is one more function, with a code of {@link Pqap}. */
    public OperandRules with(int functionCode) {
        return new OperandRules(functions | 1 << functionCode, reserved);
    }

    /**
     * Checks PQAP.
     *
     * @param apxa there are adapters above 63 and domains above 15
     */
    public int pqap(ApRegisters regs, boolean apxa) {
        if (regs.problemState()) {
            return ProgramCode.PRIVILEGED_OPERATION;
        }
        int gr0 = regs.low(0);
        int functionCode = Pqap.functionCode(gr0);
        int function = functionCode < Integer.SIZE ? 1 << functionCode : 0;
        int bits = (function & TAKE_F_BIT) != 0 ? reserved : reserved | Pqap.F_BIT;
        if ((functions & function) == 0 || (gr0 & bits) != 0) {
            return ProgramCode.SPECIFICATION;
        }
        if (functionCode == Pqap.QCI) {
            return (regs.gr(2) & 7) == 0 ? 0 : ProgramCode.SPECIFICATION; // a block on a doubleword, and no queue
        }
        return queue(gr0, apxa);
    }

    /** Checks NQAP, but for a message that is too long. */
    public static int nqap(ApRegisters regs, int r1, int r2, boolean apxa) {
        return message(regs, NQAP_BITS, r1, r2, apxa);
    }

    /** Checks DQAP, but for a buffer that is too long. */
    public static int dqap(ApRegisters regs, int r1, int r2, boolean apxa) {
        return message(regs, DQAP_BITS, r1, r2, apxa);
    }

    private static int message(ApRegisters regs, int allowed, int r1, int r2, boolean apxa) {
        if (regs.problemState()) {
            return ProgramCode.PRIVILEGED_OPERATION;
        }
        int gr0 = regs.low(0);
        if (((r1 | r2) & 1) != 0 || (gr0 & ~allowed) != 0 || regs.gr(r2 + 1) == 0) {
            return ProgramCode.SPECIFICATION;
        }
        return queue(gr0, apxa);
    }

    private static int queue(int gr0, boolean apxa) {
        return !apxa && (gr0 & Pqap.APXA_QID) != 0 ? ProgramCode.SPECIFICATION : 0;
    }
}

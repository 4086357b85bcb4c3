// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.OperandRules;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * PQAP, NQAP and DQAP of a simulated machine: the checks that end in program interruptions, then the function.
 *
 * <p>Order: installed, privileged, then all that ends in a specification exception, then the queue's response codes,
 * then access to storage.
 */
final class SimulatedInstructions implements ApInstructions {
    private static final int QID = 0xffff;
    private static final int NOT_AVAILABLE = ApQueueStatus.wordOf(ApResponseCode.Q_NOT_AVAIL);
    private static final int BIND_STATE_SHIFT = 46; // bits 16 and 17 of GR2
    private static final long BIND_STATE = 3L << BIND_STATE_SHIFT;
    private static final int MODE_BITS = ApHardwareInfo.CCA | ApHardwareInfo.ACCEL | ApHardwareInfo.EP11;

    private final Configuration configuration;
    private final InstructionMonitor monitor;
    private final FaultInjector faults;
    private final boolean installed;
    private final OperandRules rules;
    private final boolean apxa;
    private final boolean bindsQueues;

    SimulatedInstructions(SimulatedMachine machine, boolean installed, boolean apxa) {
        this.configuration = machine.configuration();
        this.monitor = machine.monitor();
        this.faults = machine.faults();
        this.installed = installed;
        this.apxa = apxa;
        this.bindsQueues = machine.bindsQueues();
        this.rules = rules(machine);
    }

    private static OperandRules rules(SimulatedMachine machine) {
        Facilities facilities = machine.facilities();
        OperandRules rules = OperandRules.of(facilities);
        if (facilities.has(Facilities.APQI)) {
            rules = rules.with(Pqap.AQIC);
        }
        if (facilities.has(Facilities.QCI) && (machine.qciFlags() & ApConfigInfo.QACT) != 0) {
            rules = rules.with(Pqap.QACT);
        }
        return machine.bindsQueues() ? rules.with(Pqap.BAPQ).with(Pqap.AAPQ) : rules;
    }

    @Override
    public int pqap(ApRegisters regs, Storage storage) {
        int exception = installed ? rules.pqap(regs, apxa) : ProgramCode.OPERATION;
        if (exception != 0) {
            return ApInstructions.interruption(exception);
        }
        int gr0 = regs.low(0);
        int functionCode = Pqap.functionCode(gr0);
        if (functionCode == Pqap.QCI) {
            return queryConfiguration(regs, storage);
        }
        SimulatedAdapter adapter = configuration.granted(gr0 & QID);
        int word = adapter == null ? NOT_AVAILABLE : perform(functionCode, gr0, adapter, regs);
        regs.low(1, word);
        int responseCode = ApQueueStatus.responseCode(word);
        monitor.issued(functionCode, gr0 & QID, responseCode);
        return responseCode == 0 ? 0 : 3;
    }

    private int queryConfiguration(ApRegisters regs, Storage storage) {
        int access = storage.store(regs.gr(2), configuration.configInfo(), 0, ApConfigInfo.LENGTH);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        monitor.issued(Pqap.QCI, 0, 0);
        return 0;
    }

    private int perform(int functionCode, int gr0, SimulatedAdapter adapter, ApRegisters regs) {
        SimulatedAdapter.View view = adapter.view();
        int apqi = gr0 & 0xff;
        FaultInjector.Effect fault = faults.next(functionCode, gr0 & QID);
        if (fault.responseCode() != 0 && functionCode != Pqap.TAPQ) {
            return adapter.queue(apqi).statusWith(fault.responseCode());
        }
        return switch (functionCode) {
            case Pqap.TAPQ -> test(gr0, adapter, view, regs, fault.responseCode());
            case Pqap.RAPQ, Pqap.ZAPQ -> adapter.queue(apqi).reset(view, gr0, fault.delayNanos());
            case Pqap.AQIC -> adapter.queue(apqi).control(view, regs.gr(1), regs.gr(2));
            case Pqap.BAPQ -> adapter.queue(apqi).bind(view);
            case Pqap.AAPQ -> adapter.queue(apqi).associate(view, regs.gr(2));
            default -> compatibility(adapter.queue(apqi).status(view), view, regs);
        };
    }

    private int test(int gr0, SimulatedAdapter adapter, SimulatedAdapter.View view, ApRegisters regs,
            int faultCode) {
        int apqi = gr0 & 0xff;
        int published = adapter.statusWord(apqi);
        int word = PublishedStatus.counts(published)
                ? adapter.queue(apqi).test(view)
                : PublishedStatus.found(published, view);
        if (faultCode != 0) {
            word = word & ~ApQueueStatus.wordOf(0xff) | ApQueueStatus.wordOf(faultCode);
        }
        if (ApHardwareInfo.isToldWith(ApQueueStatus.responseCode(word))) {
            regs.gr(2, (gr0 & Pqap.T_BIT) != 0 ? hardwareInfo(adapter, apqi, view) : view.basicInfo());
        }
        return word;
    }

    /** Returns what TAPQ tells; to a secure guest the bind state is that of the queue. */
    private long hardwareInfo(SimulatedAdapter adapter, int apqi, SimulatedAdapter.View view) {
        if (!bindsQueues) {
            return view.hardwareInfo();
        }
        long state = adapter.queue(apqi).bindState(view.spec().mode());
        return view.hardwareInfo() & ~BIND_STATE | state << BIND_STATE_SHIFT;
    }

    /** QACT: the newest type that both the card and the caller know, provided the card has one of the wanted modes. */
    private static int compatibility(int word, SimulatedAdapter.View view, ApRegisters regs) {
        if (ApQueueStatus.responseCode(word) == 0) {
            int wanted = (int) (regs.gr(1) >> 32) & MODE_BITS;
            int modes = wanted & view.spec().functions();
            long type = modes == 0 ? 0 : Math.min(regs.low(1) >> 24 & 0xff, view.spec().type());
            regs.gr(2, (long) modes << 32 | type << 24);
        }
        return word;
    }

    @Override
    public int nqap(ApRegisters regs, Storage storage, int r1, int r2) {
        return nqap(regs, storage, r1, r2, Sender.MACHINE);
    }

    @Override
    public int nqap(ApRegisters regs, Storage storage, int r1, int r2, Sender sender) {
        return message(InstructionListener.NQAP, OperandRules.nqap(regs, r1, r2, apxa), regs, storage, r1, r2, sender);
    }

    @Override
    public int dqap(ApRegisters regs, Storage storage, int r1, int r2) {
        return message(InstructionListener.DQAP, OperandRules.dqap(regs, r1, r2, apxa), regs, storage, r1, r2, null);
    }

    /** Sends a message if there is a sender, else receives one. */
    private int message(int instruction, int refused, ApRegisters regs, Storage storage, int r1, int r2,
            @Nullable Sender sender) {
        int exception = !installed ? ProgramCode.OPERATION : refused != 0 ? refused : lengthException(regs.gr(r2 | 1));
        if (exception != 0) {
            return ApInstructions.interruption(exception);
        }
        int qid = regs.low(0) & QID;
        SimulatedAdapter adapter = configuration.granted(qid);
        if (adapter == null) {
            return refuse(instruction, qid, regs, NOT_AVAILABLE);
        }
        SimulatedQueue queue = adapter.queue(qid & 0xff);
        FaultInjector.Effect fault = faults.next(instruction, qid);
        if (fault.responseCode() != 0) {
            return refuse(instruction, qid, regs, queue.statusWith(fault.responseCode()));
        }
        SimulatedAdapter.View view = adapter.view();
        return report(instruction, qid, regs, sender == null
                ? queue.dequeue(view, regs, storage, r1, r2)
                : queue.enqueue(view, regs, storage, r1, r2, sender, fault.delayNanos()));
    }

    private int lengthException(long length) {
        boolean tooLong = length < 0 || length > configuration.longestMessageBytes(); // below 0: above 2^63
        return tooLong ? ProgramCode.SPECIFICATION : 0;
    }

    private int refuse(int instruction, int qid, ApRegisters regs, int word) {
        regs.low(1, word);
        return report(instruction, qid, regs, 3);
    }

    private int report(int instruction, int qid, ApRegisters regs, int result) {
        if (!ApInstructions.isInterruption(result)) {
            monitor.issued(instruction, qid, result == 3 ? ApQueueStatus.responseCode(regs.low(1)) : 0);
        }
        return result;
    }
}

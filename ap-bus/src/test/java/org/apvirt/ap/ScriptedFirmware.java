// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.Storage;

/** Firmware that answers for one queue what a test has written down, as long as there is something; then what it would. */
final class ScriptedFirmware implements ApInstructions {
    enum Instruction {
        TAPQ, RAPQ, ZAPQ, AQIC, NQAP, DQAP
    }

    private final ApInstructions real;
    private final Apqn queue;
    private final Map<Instruction, Deque<Integer>> script = new EnumMap<>(Instruction.class);
    private final List<Instruction> issued = new ArrayList<>();
    /** The identifiers of the requests that were enqueued. */
    final List<Long> psmids = new ArrayList<>();
    /** So many DQAPs come before the next one, each with a part of a reply for which there was no room. */
    int partsBefore;
    /** What TAPQ says besides, while its script lasts: general register 2. */
    long hardwareInfo;

    ScriptedFirmware(ApInstructions real, Apqn queue) {
        this.real = real;
        this.queue = queue;
    }

    /** Writes down the next status words of an instruction. */
    void answers(Instruction instruction, int... statusWords) {
        Deque<Integer> words = script.computeIfAbsent(instruction, it -> new ArrayDeque<>());
        for (int word : statusWords) {
            words.add(word);
        }
    }

    /** Returns what was issued for the queue since it was asked last. */
    List<Instruction> issued() {
        List<Instruction> all = List.copyOf(issued);
        issued.clear();
        return all;
    }

    private Integer next(Instruction instruction, ApRegisters regs) {
        if (instruction == null || (regs.low(0) & 0xffff) != queue.qid()) {
            return null;
        }
        issued.add(instruction);
        Deque<Integer> words = script.get(instruction);
        return words == null ? null : words.poll();
    }

    private static int answer(ApRegisters regs, int status) {
        regs.gr(1, status & 0xffff_ffffL);
        return (status & 0x00ff_0000) == 0 ? 0 : 3;
    }

    @Override
    public int pqap(ApRegisters regs, Storage storage) {
        Integer status = next(switch (regs.low(0) >>> Pqap.FC_SHIFT) {
            case Pqap.TAPQ -> Instruction.TAPQ;
            case Pqap.RAPQ -> Instruction.RAPQ;
            case Pqap.ZAPQ -> Instruction.ZAPQ;
            case Pqap.AQIC -> Instruction.AQIC;
            default -> null;
        }, regs);
        if (status == null) {
            return real.pqap(regs, storage);
        }
        regs.gr(2, hardwareInfo);
        return answer(regs, status);
    }

    @Override
    public int nqap(ApRegisters regs, Storage storage, int r1, int r2) {
        Integer status = next(Instruction.NQAP, regs);
        psmids.add(regs.gr(r1) << 32 | regs.gr(r1 + 1));
        return status == null ? real.nqap(regs, storage, r1, r2) : answer(regs, status);
    }

    @Override
    public int dqap(ApRegisters regs, Storage storage, int r1, int r2) {
        Integer status = next(Instruction.DQAP, regs);
        storage.load(regs.gr(r2) + regs.gr(r2 + 1) - 1, new byte[1], 0, 1); // the whole room is there
        if (partsBefore > 0) {
            partsBefore--;
            regs.gr(r2 + 1, 0);
            regs.gr(2, 100);
            return 2;
        }
        return status == null ? real.dqap(regs, storage, r1, r2) : answer(regs, status);
    }
}

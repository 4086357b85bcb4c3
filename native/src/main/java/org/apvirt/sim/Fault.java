// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.List;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Occurrence;
import org.apvirt.arch.Pqap;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Something that goes wrong on a machine, injected with {@link SimulatedMachine#inject}. Instructions are counted from
 * the injection on, for each fault on its own; only completed ones on queues that the configuration has count.
 */
public sealed interface Fault permits InstructionFault, Fault.Outage {
    /** A kind of instruction. */
    enum Instruction {
        /** Any function of PQAP on a queue. */
        PQAP,
        /** Test queue. */
        TAPQ,
        /** Reset queue, with or without zeroizing. */
        RESET,
        /** Queue interruption control. */
        AQIC,
        /** Enqueue a message. */
        NQAP,
        /** Dequeue a reply. */
        DQAP;

        /** Tells whether an instruction is of this kind; the code is as in {@link InstructionListener}. */
        boolean includes(int functionCode) {
            return switch (this) {
                case PQAP -> functionCode < InstructionListener.NQAP;
                case TAPQ -> functionCode == Pqap.TAPQ;
                case RESET -> functionCode == Pqap.RAPQ || functionCode == Pqap.ZAPQ;
                case AQIC -> functionCode == Pqap.AQIC;
                case NQAP -> functionCode == InstructionListener.NQAP;
                case DQAP -> functionCode == InstructionListener.DQAP;
            };
        }
    }

    /**
     * An adapter fails, and may come back.
     *
     * @param apid the adapter
     * @param checkstop true: checkstopped, false: deconfigured
     * @param after when, from now on
     * @param lasting for how long, null: for good
     */
    record Outage(int apid, boolean checkstop, Duration after, @Nullable Duration lasting) implements Fault {
        /** Checks the times. */
        public Outage {
            requireNotNegative(after);
            if (lasting != null) {
                requireNotNegative(lasting);
            }
        }
    }

    /** Answers the nth instruction of a kind with a response code. */
    static InstructionFault response(Apqn apqn, Instruction instruction, int nth, int responseCode) {
        return new InstructionFault(Queues.of(apqn), instruction, null, Occurrence.nth(nth), List.of(responseCode),
                null, Duration.ZERO);
    }

    /** Answers the next so many PQAPs with BUSY. */
    static InstructionFault busy(Apqn apqn, int times) {
        return response(apqn, Instruction.PQAP, 1, ApResponseCode.BUSY.code()).when(Occurrence.ALL.atMost(times));
    }

    /**
     * What the nth NQAP, reset or DQAP starts takes longer.
     *
     * @param delay how much longer
     */
    static InstructionFault slow(Apqn apqn, Instruction instruction, int nth, Duration delay) {
        return new InstructionFault(Queues.of(apqn), instruction, null, Occurrence.nth(nth), List.of(), null, delay);
    }

    /**
     * Instructions on all queues fail now and then.
     *
     * @param probability how often, above 0, at most 1
     * @param seed names the pattern
     * @param responseCodes what they answer with, 0x01..0xff each
     */
    static InstructionFault noise(Instruction instruction, double probability, long seed, Integer... responseCodes) {
        return new InstructionFault(Queues.ALL, instruction, null, Occurrence.random(probability, seed),
                List.of(responseCodes), null, Duration.ZERO);
    }

    /**
     * A card answers each request of a kind with an error.
     *
     * @param replyCode what {@link org.apvirt.arch.msg.ErrorReply} names
     */
    static InstructionFault errorReply(Queues queues, RequestKind kind, int replyCode) {
        return new InstructionFault(queues, Instruction.NQAP, kind, Occurrence.ALL, List.of(), replyCode,
                Duration.ZERO);
    }

    private static void requireNotNegative(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the time " + time + " is negative");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Something that goes wrong on a machine, injected with {@link SimulatedMachine#inject}. Instructions are counted from
 * the injection on, for each fault on its own; only completed ones on queues that the configuration has count.
 */
public sealed interface Fault {
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
     * A queue answers instructions of one kind with a response code, whatever its state, and does not perform them.
     *
     * @param apqn the queue
     * @param instruction the kind of instruction
     * @param nth the first that is answered so, from 1
     * @param times how many are
     * @param responseCode 0x01..0xff
     * @param lasting zero: these only; else also every other one of the kind within this time after the first
     */
    record Response(Apqn apqn, Instruction instruction, int nth, int times, int responseCode, Duration lasting)
            implements
                Fault {
        /** Checks the ranges. */
        public Response {
            requirePositive("nth", nth);
            requirePositive("times", times);
            Objects.checkIndex(responseCode - 1, 0xff);
            requireNotNegative(lasting);
        }
    }

    /**
     * What an instruction starts takes longer: the reply to an NQAP, a reset; to a DQAP there is no reply meanwhile.
     *
     * @param apqn the queue
     * @param instruction NQAP, RESET or DQAP
     * @param nth which instruction, from 1
     * @param delay how much longer
     */
    record Slow(Apqn apqn, Instruction instruction, int nth, Duration delay) implements Fault {
        /** Checks the ranges. */
        public Slow {
            requirePositive("nth", nth);
            requireNotNegative(delay);
            if (instruction != Instruction.NQAP && instruction != Instruction.RESET
                    && instruction != Instruction.DQAP) {
                throw new IllegalArgumentException(instruction + " starts nothing that could take longer");
            }
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

    /**
     * Instructions on all queues fail now and then. Whether one does is decided by the seed, the queue and how many it
     * had before, not by the order in which threads come: the same run twice is the same run.
     *
     * @param seed names the pattern
     * @param instruction the kind of instruction
     * @param perThousand how many of a thousand fail, 0..1000
     * @param responseCodes what they answer with, 0x01..0xff each
     */
    record Noise(long seed, Instruction instruction, int perThousand, int... responseCodes) implements Fault {
        /** Checks the ranges and copies the codes. */
        public Noise {
            Objects.checkIndex(perThousand, 1001);
            requirePositive("number of response codes", responseCodes.length);
            for (int responseCode : responseCodes) {
                Objects.checkIndex(responseCode - 1, 0xff);
            }
            responseCodes = responseCodes.clone();
        }

        @Override
        public int[] responseCodes() {
            return responseCodes.clone();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Noise noise && seed == noise.seed && instruction == noise.instruction
                    && perThousand == noise.perThousand && Arrays.equals(responseCodes, noise.responseCodes);
        }

        @Override
        public int hashCode() {
            return Objects.hash(seed, instruction, perThousand, Arrays.hashCode(responseCodes));
        }
    }

    /** Answers the nth instruction of a kind with a response code. */
    static Fault response(Apqn apqn, Instruction instruction, int nth, int responseCode) {
        return new Response(apqn, instruction, nth, 1, responseCode, Duration.ZERO);
    }

    /** Answers the next so many PQAPs with BUSY. */
    static Fault busy(Apqn apqn, int times) {
        return new Response(apqn, Instruction.PQAP, 1, times, ApResponseCode.BUSY.code(), Duration.ZERO);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", not 1 or more");
        }
    }

    private static void requireNotNegative(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the time " + time + " is negative");
        }
    }
}

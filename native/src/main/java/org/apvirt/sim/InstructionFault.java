// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.apvirt.arch.Occurrence;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Instructions on some queues, or the requests that they bring, go wrong. They do one of three things: the instruction ends with
 * a response code, whatever the state of the queue, and is not performed; the request is taken, and the card's reply is an
 * error; what the instruction starts takes longer.
 *
 * <p>What is counted is every completed instruction of the kind on any of the queues; with a kind of request, every one of
 * these whose last part has come.
 *
 * @param queues where
 * @param instruction the kind of instruction
 * @param request the kind of request; null: the instruction itself is what counts. Only with NQAP
 * @param when which ones
 * @param responses response codes, 0x01..0xff, of which each hit gets one; empty: none
 * @param reply code of the card's error reply, 0..255; null: the reply is as usual. Only with a kind of request
 * @param delay with response codes: every other instruction of the kind within this time after a hit ends so too. Else: how much
 *     longer what it starts takes, the reply to an NQAP, a reset; to a DQAP there is no reply meanwhile
 */
public record InstructionFault(Queues queues, Instruction instruction, @Nullable RequestKind request, Occurrence when,
        List<Integer> responses, @Nullable Integer reply, Duration delay) implements Fault {
    /** Checks the ranges, and that something goes wrong. */
    public InstructionFault {
        responses = List.copyOf(responses);
        for (int response : responses) {
            Objects.checkIndex(response - 1, 0xff);
        }
        if (delay.isNegative()) {
            throw new IllegalArgumentException("the time " + delay + " is negative");
        }
        if (request != null && instruction != Instruction.NQAP) {
            throw new IllegalArgumentException(instruction + " brings no request; NQAP does");
        }
        if (reply != null) {
            Objects.checkIndex(reply, 256);
            if (request == null || !responses.isEmpty()) {
                throw new IllegalArgumentException(request == null
                        ? "an error reply wants a kind of request"
                        : "a request that is refused has no reply; name a response or a reply");
            }
        }
        boolean starts = instruction == Instruction.NQAP || instruction == Instruction.RESET
                || instruction == Instruction.DQAP;
        if (responses.isEmpty() && reply == null && !starts) {
            throw new IllegalArgumentException(instruction + " starts nothing that could take longer");
        }
    }

    /** Returns the same on other queues. */
    public InstructionFault on(Queues others) {
        return new InstructionFault(others, instruction, request, when, responses, reply, delay);
    }

    /** Returns the same for other occurrences. */
    public InstructionFault when(Occurrence others) {
        return new InstructionFault(queues, instruction, request, others, responses, reply, delay);
    }

    /** Returns the same for requests of a kind. */
    public InstructionFault of(RequestKind kind) {
        return new InstructionFault(queues, instruction, kind, when, responses, reply, delay);
    }

    /** Returns the same with another delay. */
    public InstructionFault delay(Duration other) {
        return new InstructionFault(queues, instruction, request, when, responses, reply, other);
    }
}

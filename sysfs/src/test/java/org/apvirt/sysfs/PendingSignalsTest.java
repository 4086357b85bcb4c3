// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import org.apvirt.sysfs.PendingSignals.Effect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class PendingSignalsTest {
    @Test
    void areReadFromTheTextThatLinuxGives() {
        PendingSignals signals = PendingSignals.parse("""
                Name:\tcat
                SigQ:\t2/96364
                SigPnd:\t0000000000000100
                ShdPnd:\t0000000000004000
                SigBlk:\t0000000000010000
                SigIgn:\t0000000000001000
                SigCgt:\t8000000000000002
                CapInh:\t0000000000000000
                """);
        assertEquals(new PendingSignals(0x4100, 0x10000, 0x1000, 0x8000000000000002L), signals);
        assertEquals(Effect.FATAL, signals.effect());
    }

    @ParameterizedTest
    @CsvSource({ // numbers of signals; 0: none
            "0,  0,  0,  0,  NONE", // a stop that was continued, a tracer
            "9,  9,  9,  0,  FATAL", // SIGKILL, whatever the masks say
            "15, 0,  0,  15, SIGNAL", // SIGTERM with a handler
            "15, 15, 0,  15, NONE", // blocked
            "3,  0,  0,  0,  SIGNAL", // SIGQUIT: a dump first
            "20, 0,  0,  0,  NONE", // SIGTSTP: the program is stopped, then goes on
            "20, 0,  0,  20, SIGNAL", // but not with a handler
            "17, 0,  0,  0,  NONE", // SIGCHLD
            "17, 0,  0,  17, SIGNAL", "2,  0,  2,  0,  NONE", "34, 0, 0, 34, SIGNAL", "64, 0, 0, 64, SIGNAL"})
    void endWaitsAsInLinux(int pending, int blocked, int ignored, int caught, Effect effect) {
        assertEquals(effect,
                new PendingSignals(bit(pending), bit(blocked), bit(ignored), bit(caught)).effect());
    }

    private static long bit(int signal) {
        return signal == 0 ? 0 : 1L << signal - 1;
    }

    @Test
    void aThreadThatCannotBeLookedAtIsTakenForKilled() {
        assertEquals(Effect.FATAL, PendingSignals.of(4_194_305).effect()); // above every process id
    }

    @Test
    void ofALivingProcessThereAreNoneUsually() {
        assertEquals(Effect.NONE, PendingSignals.of(ProcessHandle.current().pid()).effect());
    }
}

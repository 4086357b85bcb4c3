// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DemoCommandTest {
    private static final CommandLineRun RUN = CommandLineRun.of("demo");

    private static String section(String heading) {
        int start = RUN.out().indexOf(heading);
        assertTrue(start >= 0, RUN.out());
        int end = RUN.out().indexOf("\n\n", start);
        return RUN.out().substring(start, end < 0 ? RUN.out().length() : end);
    }

    @Test
    void itEndsWell() {
        assertEquals(0, RUN.status());
        assertEquals("", RUN.err());
    }

    @Test
    void theFirstGuestListsItsFourQueues() {
        assertEquals("""
                Inside guest 1:
                  # lszcrypt
                      CARD.DOMAIN TYPE  MODE
                      ------------------------------
                      05          CEX5C CCA-Coproc
                      05.0004     CEX5C CCA-Coproc
                      05.00ab     CEX5C CCA-Coproc
                      06          CEX5A Accelerator
                      06.0004     CEX5A Accelerator
                      06.00ab     CEX5A Accelerator""", section("Inside guest 1:"));
    }

    @Test
    void theSecondGuestListsItsTwoQueues() {
        assertEquals("""
                Inside guest 2:
                  # lszcrypt
                      CARD.DOMAIN TYPE  MODE
                      ------------------------------
                      05          CEX5C CCA-Coproc
                      05.0047     CEX5C CCA-Coproc
                      05.00ff     CEX5C CCA-Coproc""", section("Inside guest 2:"));
    }

    @Test
    void aQueueOfTheOtherGuestAnswersAsIfItWereNotThere() {
        assertEquals("""
                Guest 2 sends a message to queues of guest 1 (NQAP):
                      05.0004: response code 01
                      06.00ab: response code 01""", section("Guest 2 sends a message"));
    }

    @Test
    void usageDomainsAreControlDomainsInTheCrycb() {
        assertEquals("""
                Step 6: start guest 2.
                  # qemu-system-s390x -machine s390-ccw-virtio,accel=kvm -cpu zEC12 -device \
                vfio-ap,sysfsdev=/sys/devices/vfio_ap/matrix/6e2c6b3a-4a8f-4c57-9d3e-0b1a5f7c9e02
                      CRYCB of the guest:
                      APM 0x0400000000000000000000000000000000000000000000000000000000000000
                      AQM 0x0000000000000000010000000000000000000000000000000000000000000001
                      ADM 0x0000000000000000010000000000000000000000000000000000000000000001""",
                section("Step 6: start guest 2."));
    }

    @Test
    void bothImpossibleRowsOfTheSpecificationAreNoted() {
        String note = section("The specification prints two rows differently");

        assertTrue(note.contains("queue 06.00ab of guest 1 as CEX5C CCA-Coproc"), note);
        assertTrue(note.contains("card 05 of guest 2 as CEX5A Accelerator"), note);
    }
}

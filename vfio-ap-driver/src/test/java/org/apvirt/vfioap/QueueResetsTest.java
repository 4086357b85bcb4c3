// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QueueResetsTest {
    private static final Apqn QUEUE = Apqn.parse("05.0004");

    private TestSystem system;
    private String mdev;

    private void start(TestLevel level) throws ErrnoException {
        system = TestSystem.reserved(level);
        mdev = system.create(U1, "5", "4");
        system.forget();
    }

    @Test
    void aResetThatTakesTimeIsWaitedForAndTold() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(3);
        long before = system.time.nanos();
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of("Waited 20ms for reset of queue 05.0004 (2, 1, 0)",
                "Waited 40ms for reset of queue 05.0004 (2, 1, 0)"), system.log);
        assertEquals(80_000_000, system.time.nanos() - before);
        assertEquals(List.of("ZAPQ 05.0004"), system.instructions);
    }

    /** The kernel's lines about it have no newline. */
    @Test
    void theLastLineIsSeenWhenAnotherOneFollows() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(1);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of(), system.log);
        system.kernel.log("another");
        assertEquals(List.of("Waited 20ms for reset of queue 05.0004 (2, 1, 0)", "another"), system.log);
    }

    @Test
    void tenLinesInFiveSecondsAreEnough() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResetPolls(300);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals("Waited 200ms for reset of queue 05.0004 (2, 1, 0)", system.log.get(9));
        assertEquals("apq_reset_check: 241 callbacks suppressed", system.log.get(10));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aQueueWithoutPowerIsDone(int responseCode) throws ErrnoException {
        start(TestLevel.LINUX_6_12);
        system.machine.setResponse(QUEUE, responseCode);
        system.write(mdev + "unassign_adapter", "5");
        assertEquals(List.of("ZAPQ 05.0004 = " + responseCode), system.instructions);
        assertEquals(List.of(), system.log);
    }

    /** What the firmware answers, one instruction after the other: each follows from the answer before. */
    @ParameterizedTest(name = "{0}: done {1}")
    @CsvSource({"ZAPQ 00 TAPQ 00, true", "ZAPQ 00 TAPQ 02 TAPQ 05 TAPQ 00, true", "ZAPQ 00 TAPQ 03, true",
            "ZAPQ 00 TAPQ 04, true", "ZAPQ 02 TAPQ 00 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 05 TAPQ 03 ZAPQ 00 TAPQ 00, true", "ZAPQ 0a TAPQ 00 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 0a TAPQ 04 ZAPQ 0a TAPQ 00 ZAPQ 00 TAPQ 00, true", "ZAPQ 00 TAPQ 35 ZAPQ 00 TAPQ 00, true",
            "ZAPQ 00 TAPQ 36 ZAPQ 00 TAPQ 00, true", "ZAPQ 03, false", "ZAPQ 04, false", "ZAPQ 01, false",
            "ZAPQ 06, false", "ZAPQ 0a TAPQ 06, false", "ZAPQ 00 TAPQ 06, true"})
    void theNextInstructionFollowsFromTheAnswerOfTheFirmware(String exchange, boolean done) {
        FirmwareScript script = new FirmwareScript(QUEUE, exchange);
        Kernel kernel = TestLevel.LINUX_6_12.kernel(new VirtualTime());
        QueueResets resets = new QueueResets(kernel, script.commands());
        assertEquals(done, resets.resetAll(List.of(new VfioApQueue(QUEUE)), null));
        script.requireEnd();
    }

    /** The kernel whose TAPQ and ZAPQ may answer 01 without a warning. */
    @ParameterizedTest(name = "{0}: {1} lines")
    @CsvSource({"ZAPQ 01, 0", "ZAPQ 00 TAPQ 01, 0", "ZAPQ 06, 4", "ZAPQ 00 TAPQ 06, 4"})
    void ofLinux72WarnsOfFewer(String exchange, int lines) {
        FirmwareScript script = new FirmwareScript(QUEUE, exchange);
        Kernel kernel = TestLevel.LINUX_7_2.kernel(new VirtualTime());
        List<String> log = new ArrayList<>();
        kernel.onLog(log::add);
        new QueueResets(kernel, script.commands()).resetAll(List.of(new VfioApQueue(QUEUE)), null);
        script.requireEnd();
        assertEquals(lines, log.size(), log::toString);
        assertTrue(log.isEmpty() || log.get(1).contains("reset of queue 05.0004: TAPQ rc=6")
                || log.get(1).equals("PQAP/ZAPQ for 05.0004 failed with invalid rc=6"), log::toString);
    }

    /** One after the other: how long it takes in steps of 20 ms, and what the kernel says about it. */
    @ParameterizedTest(name = "{0}: done {1}")
    @CsvSource({"ZAPQ 00, true, 0, ''", "ZAPQ 02 ZAPQ 00, true, 1, ''", "ZAPQ 02 ZAPQ 02, false, 1, ''",
            "ZAPQ 00n TAPQ 00, true, 1, unable to verify reset of queue 05.0004",
            "ZAPQ 00i TAPQ 00i TAPQ 00, true, 2, unable to verify reset of queue 05.0004",
            "ZAPQ 00n TAPQ 00i TAPQ 00n, true, 2, unable to verify reset of queue 05.0004",
            "ZAPQ 02n ZAPQ 02n TAPQ 00, false, 2, unable to verify reset of queue 05.0004", "ZAPQ 01, false, 0, ''",
            "ZAPQ 03, false, 0, ''", "ZAPQ 04n, false, 0, ''",
            "ZAPQ 06, false, 0, PQAP/ZAPQ for 05.0004 failed with invalid rc=6",
            "ZAPQ 02 ZAPQ 05, false, 1, PQAP/ZAPQ for 05.0004 failed with invalid rc=5"})
    void ofLinux61IsAskedTwice(String exchange, boolean done, int waits, String warning) {
        FirmwareScript script = new FirmwareScript(QUEUE, exchange);
        VirtualTime time = new VirtualTime();
        Kernel kernel = TestLevel.LINUX_6_1.kernel(time);
        List<String> log = new ArrayList<>();
        kernel.onLog(log::add);
        VfioApQueue queue = new VfioApQueue(QUEUE);
        assertEquals(done, new QueueResets(kernel, script.commands()).resetAll(List.of(queue), null));
        script.requireEnd();
        assertEquals(waits * 20_000_000L, time.nanos());
        assertEquals(warning, log.isEmpty() ? "" : log.get(1));
        assertEquals(warning.isEmpty() ? 0 : 4, log.size(), log::toString);
        int zapq = exchange.lastIndexOf("ZAPQ ");
        assertEquals(Integer.parseInt(exchange.substring(zapq + 5, zapq + 7), 16), queue.resetResponse().code());
    }

    @Test
    void ofLinux61WarnsOnceThatItCannotVerifyAndTellsOfAllQueuesTogether() {
        FirmwareScript script = new FirmwareScript(QUEUE, "ZAPQ 00n TAPQ 00 ZAPQ 00n TAPQ 00 ZAPQ 03 ZAPQ 00");
        Kernel kernel = TestLevel.LINUX_6_1.kernel(new VirtualTime());
        List<String> log = new ArrayList<>();
        kernel.onLog(log::add);
        QueueResets resets = new QueueResets(kernel, script.commands());
        assertTrue(resets.resetAll(List.of(new VfioApQueue(QUEUE), new VfioApQueue(QUEUE)), null));
        assertFalse(resets.resetAll(List.of(new VfioApQueue(QUEUE), new VfioApQueue(QUEUE)), null));
        script.requireEnd();
        assertEquals(4, log.size(), log::toString);
    }

    /** A queue that a guest had interruptions of gives page and subclass back, whatever the machine says. */
    @ParameterizedTest
    @CsvSource({"LINUX_6_1, 0", "LINUX_6_1, 1", "LINUX_6_1, 3", "LINUX_6_12, 0", "LINUX_6_12, 3", "LINUX_6_12, 4",
            "LINUX_7_2, 0", "LINUX_7_2, 1"})
    void givesTheInterruptOfTheGuestBack(TestLevel level, int responseCode) throws ErrnoException {
        start(level);
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            assertEquals(0, guest.aqic(5, 4, Pqap.AQIC_IR | 3, 0x2000));
            assertEquals(1, guest.vm.guest().memory().pinnedPages());
            system.machine.setResponse(QUEUE, responseCode == 0 ? -1 : responseCode);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals(0, guest.vm.guest().memory().pinnedPages());
            assertEquals(0, guest.vm.guest().interrupts().references(3));
            system.machine.setResponse(QUEUE, -1);
        }
    }

    @Nested
    class AResponseThatTheKernelDoesNotExpect {
        @Test
        void isAWarningAndKeepsTheAdapterFromGuests() throws ErrnoException {
            start(TestLevel.LINUX_6_12);
            system.machine.setResponse(QUEUE, 6);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals("PQAP/ZAPQ for 05.0004 failed with invalid rc=6", system.log.get(1));
            system.write(mdev + "assign_adapter", "5");
            system.expect(mdev + "guest_matrix", ".0004\n");
        }

        @Test
        void isAWarningFor01InLinux612() throws ErrnoException {
            start(TestLevel.LINUX_6_12);
            system.machine.setResponse(QUEUE, 1);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals(List.of("------------[ cut here ]------------",
                    "PQAP/ZAPQ for 05.0004 failed with invalid rc=1", "WARNING: vfio_ap",
                    "---[ end trace 0000000000000000 ]---"), system.log);
        }

        @Test
        void isNoneFor01InLinux72() throws ErrnoException {
            start(TestLevel.LINUX_7_2);
            system.machine.setResponse(QUEUE, 1);
            system.write(mdev + "unassign_adapter", "5");
            assertEquals(List.of(), system.log);
        }
    }
}

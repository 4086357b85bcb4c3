package org.apvirt.sim;

import java.time.Duration;
import java.util.Arrays;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SimulatedQueueTest {
    private static final Apqn QUEUE = new Apqn(6, 4);
    private static final int E = 0x8000_0000;
    private static final int R = 0x4000_0000;
    private static final int F = 0x2000_0000;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR).depth(3))
            .usageDomains(ApMask.of(4, 5)).build();
    private final ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
    private final byte[] buffer = new byte[4096];

    /** 5 to the power of 3 modulo 391 is 125, 0x7d. */
    private static byte[] request() {
        return Type50Message.create(Format.MEB1)
                .put(Format.MEB1, Operand.EXPONENT, new byte[]{3}, 0, 1)
                .put(Format.MEB1, Operand.MODULUS, new byte[]{1, (byte) 0x87}, 0, 2)
                .put(Format.MEB1, Operand.MESSAGE, new byte[]{5}, 0, 1).storage();
    }

    private int send(long psmid) {
        byte[] request = request();
        return ap.nqap(QUEUE, psmid, request, request.length, false);
    }

    private void serviceTime(long millis) {
        machine.adapter(6).change(spec -> spec.serviceTime(Duration.ofMillis(millis)));
    }

    @Nested
    class AMessage {
        @Test
        void comesBackAsAReplyWithItsPsmid() {
            assertEquals(R, send(0x1122_3344_5566_7788L));
            assertEquals(E, ap.dqap(QUEUE, buffer, 0));
            assertEquals(0x1122_3344_5566_7788L, ap.replyPsmid());
            assertEquals(144, ap.replyLength(buffer));
            assertEquals(0, ap.replyRest());
            byte[] expected = new byte[144];
            expected[1] = (byte) 0x80;
            expected[3] = (byte) 0x90;
            expected[143] = 0x7d;
            assertArrayEquals(expected, Arrays.copyOf(buffer, 144));
        }

        @Test
        void isWorkedOnForTheServiceTimeOneAfterTheOther() {
            serviceTime(10);
            assertEquals(0, send(1));
            assertEquals(0, send(2));
            time.advanceMillis(9);
            assertEquals(0, ap.tapq(QUEUE));
            assertEquals(0x0010_0000, ap.dqap(QUEUE, buffer, 0));
            time.advanceMillis(1);
            assertEquals(R, ap.tapq(QUEUE));
            assertEquals(0, ap.dqap(QUEUE, buffer, 0));
            assertEquals(1, ap.replyPsmid());
            time.advanceMillis(10);
            assertEquals(E, ap.dqap(QUEUE, buffer, 0));
            assertEquals(2, ap.replyPsmid());
            assertEquals(E | 0x0010_0000, ap.dqap(QUEUE, buffer, 0));
        }

        @Test
        void atTheDepthFillsTheQueueAndTheNextIsRefused() {
            serviceTime(10);
            assertEquals(0, send(1));
            assertEquals(0, send(2));
            assertEquals(F, send(3));
            assertEquals(F | 0x0010_0000, send(4));
            time.advanceMillis(30);
            assertEquals(R | F, ap.tapq(QUEUE));
            assertEquals(R, ap.dqap(QUEUE, buffer, 0));
            assertEquals(R | F, send(5));
            assertEquals(1, machine.adapter(6).queue(4).requests());
            assertEquals(2, machine.adapter(6).queue(4).replies());
        }

        @Test
        void goesToItsOwnDomainOnly() {
            send(1);
            assertEquals(E, ap.tapq(new Apqn(6, 5)));
        }

        @Test
        void longerThanItsCardTakesIsTooBigIfAnotherCardTakesIt() {
            machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.CCA).ml(4));
            assertEquals(R, ap.nqap(QUEUE, 1, new byte[12288], 12288, false));
            assertEquals(R | 0x0015_0000, ap.nqap(QUEUE, 2, new byte[12289], 12289, false));
            machine.adapter(6).change(spec -> spec.ml(11));
            assertEquals(R, ap.nqap(QUEUE, 2, new byte[45056], 45056, false));
        }

        @ParameterizedTest(name = "{0}")
        @ValueSource(longs = {0, 12289, 1L << 31, 1L << 32, 1L << 62, 1L << 63, -1})
        void longerThanAnyCardTakesOrEmptyIsASpecificationException(long length) {
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x4000_0604);
            regs.gr(5, length);
            int specification = ApInstructions.interruption(ProgramCode.SPECIFICATION);
            assertEquals(specification, machine.instructions().nqap(regs, new ArrayStorage(8), 2, 4));
            regs.gr(0, 0x8000_0604L);
            assertEquals(specification, machine.instructions().dqap(regs, new ArrayStorage(8), 2, 4));
        }

        @Test
        void whosePartsAreTogetherLongerThanTheCardTakesIsTooBig() {
            ApRegisters regs = new ApRegisters();
            ArrayStorage storage = new ArrayStorage(12288);
            regs.gr(0, 0x0604);
            regs.gr(5, 12288);
            assertEquals(1, machine.instructions().nqap(regs, storage, 2, 4));
            regs.gr(0, 0x4000_0604);
            regs.gr(5, 1);
            assertEquals(3, machine.instructions().nqap(regs, storage, 2, 4));
            assertEquals(E | 0x0015_0000, regs.low(1));
        }

        @Test
        void thatIsSpecialNeedsTheApscFacility() {
            byte[] request = request();
            assertEquals(R, ap.nqap(QUEUE, 1, request, request.length, true));
            machine.adapter(6).change(spec -> spec.functions(0x6a00_0000));
            assertEquals(R | 0x0016_0000, ap.nqap(QUEUE, 2, request, request.length, true));
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource({"deconfigured, 3", "checkstopped, 4"})
        void isLostWhenTheCardIs(String state, int responseCode) {
            send(1);
            machine.adapter(6).change(
                    spec -> state.equals("deconfigured") ? spec.configured(false) : spec.checkstopped(true));
            assertEquals(E | responseCode << 16, send(2));
            assertEquals(E | responseCode << 16, ap.dqap(QUEUE, buffer, 0));
            assertEquals(E | responseCode << 16, ap.rapq(QUEUE, false));
            machine.adapter(6).change(spec -> spec.configured(true).checkstopped(false));
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void isLostWhenItsDomainLeavesTheConfiguration() {
            send(1);
            machine.setUsageDomains(ApMask.of(5));
            assertEquals(0x0001_0000, ap.tapq(QUEUE));
            machine.setUsageDomains(ApMask.of(4));
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void inStorageThatDoesNotExistIsAnAddressingException() {
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x4000_0604);
            regs.gr(5, 400);
            assertEquals(ApInstructions.interruption(ProgramCode.ADDRESSING),
                    machine.instructions().nqap(regs, new ArrayStorage(399), 2, 4));
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void mayBeSentInParts() {
            byte[] request = request();
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x0000_0604);
            regs.gr(3, 7);
            regs.gr(5, 100);
            ArrayStorage storage = new ArrayStorage(request);
            assertEquals(1, machine.instructions().nqap(regs, storage, 2, 4));
            assertEquals(E, regs.low(1));
            regs.gr(0, 0x4000_0604);
            regs.gr(4, 100);
            regs.gr(5, 300);
            assertEquals(0, machine.instructions().nqap(regs, storage, 2, 4));
            ap.dqap(QUEUE, buffer, 0);
            assertEquals(7, ap.replyPsmid());
            assertEquals(0x7d, buffer[143]);
        }
    }

    @Nested
    class AReplyLargerThanTheBuffer {
        private final byte[] small = new byte[100];

        @Test
        void staysAndTellsWhatIsLeft() {
            send(1);
            ap.dqap(QUEUE, small, 0);
            assertEquals(44, ap.replyRest());
            assertEquals(100, ap.replyLength(small));
            assertEquals((byte) 0x80, small[1]);
            assertEquals(R, ap.tapq(QUEUE));
        }

        @Test
        void isContinuedWithTheTokenUntilItIsComplete() {
            send(9);
            ap.dqap(QUEUE, small, 0);
            assertEquals(E, ap.dqap(QUEUE, small, ap.replyToken()));
            assertEquals(44, ap.replyLength(small));
            assertEquals(0x7d, small[43]);
            assertEquals(9, ap.replyPsmid());
            assertEquals(0, ap.replyRest());
        }

        @Test
        void takesAsManyPartsAsItNeeds() {
            send(9);
            byte[] tiny = new byte[40];
            int parts = 1;
            for (ap.dqap(QUEUE, tiny, 0); ap.replyRest() > 0; parts++) {
                ap.dqap(QUEUE, tiny, ap.replyToken());
            }
            assertEquals(4, parts);
            assertEquals(24, ap.replyLength(tiny));
        }

        @Test
        void startsAgainWithAFirstDqap() {
            send(9);
            ap.dqap(QUEUE, small, 0);
            assertEquals(E, ap.dqap(QUEUE, buffer, 0));
            assertEquals(144, ap.replyLength(buffer));
        }

        @Test
        void setsNeitherStatusNorPsmidBeforeItIsComplete() {
            send(9);
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x8000_0604L);
            regs.gr(1, 0x55);
            regs.gr(4, 0x66);
            regs.gr(5, 0x77);
            regs.gr(6, 8);
            regs.gr(7, 100);
            assertEquals(1, machine.instructions().dqap(regs, new ArrayStorage(200), 4, 6));
            assertEquals(0x0100_0604, regs.low(0));
            assertEquals(0x55, regs.gr(1));
            assertEquals(44, regs.gr(2));
            assertEquals(0x66, regs.gr(4));
            assertEquals(0x77, regs.gr(5));
            assertEquals(108, regs.gr(6));
            assertEquals(0, regs.gr(7));
        }

        @Test
        void cannotBeContinuedAfterAReset() {
            send(9);
            ap.dqap(QUEUE, small, 0);
            int token = ap.replyToken();
            ap.rapq(QUEUE, false);
            assertEquals(E | 0x0013_0000, ap.dqap(QUEUE, small, token));
        }

        @Test
        void cannotBeContinuedWithTheTokenOfAnEarlierOne() {
            send(1);
            send(2);
            ap.dqap(QUEUE, small, 0);
            int token = ap.replyToken();
            ap.dqap(QUEUE, buffer, 0);
            assertEquals(R | 0x0013_0000, ap.dqap(QUEUE, small, token));
        }

        @Test
        void cannotBeBegunWithoutAFirstDqap() {
            send(1);
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x0604);
            regs.gr(7, 100);
            assertEquals(3, machine.instructions().dqap(regs, new ArrayStorage(100), 4, 6));
            assertEquals(R | 0x0013_0000, regs.low(1));
        }
    }

    @Nested
    class AReset {
        @ParameterizedTest(name = "function code {0}")
        @ValueSource(ints = {1, 2})
        void dropsRequestsAndRepliesAndDisablesInterruption(int functionCode) {
            serviceTime(10);
            send(1);
            time.advanceMillis(10);
            send(2);
            ap.aqic(QUEUE, 0x8000_0000_0000L, 0x200);
            assertEquals(R | 0x0100_0000, ap.tapq(QUEUE));
            assertEquals(E, functionCode == 1 ? ap.rapq(QUEUE, false) : ap.zapq(QUEUE, false));
            assertEquals(E, ap.tapq(QUEUE));
            time.advanceMillis(100);
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void thatLastsUntilTheQueueWasTestedAnswersTwoThatOften() {
            machine.setResetPolls(3);
            assertEquals(E, ap.rapq(QUEUE, false));
            assertEquals(E | 0x0002_0000, send(1));
            for (int i = 0; i < 3; i++) {
                assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
            }
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void thatEndsByTestingIsStartedAnewByAnotherOne() {
            machine.setResetPolls(2);
            ap.rapq(QUEUE, false);
            ap.tapq(QUEUE);
            assertEquals(E, ap.zapq(QUEUE, false));
            assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
            assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
            assertEquals(E, ap.tapq(QUEUE));
        }

        @Test
        void thatTakesTimeIsOverWhenTheTimeIs() {
            machine.setResetTime(Duration.ofMillis(5));
            assertEquals(E, ap.zapq(QUEUE, false));
            time.advanceMillis(4);
            assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
            assertEquals(E | 0x0002_0000, ap.zapq(QUEUE, false));
            assertEquals(E | 0x0002_0000, ap.dqap(QUEUE, buffer, 0));
            time.advanceMillis(1);
            assertEquals(E, ap.tapq(QUEUE));
        }
    }

    @Nested
    class AnInterruption {
        private int interruptions;
        private final long nib = machine.platform().interrupts().register(() -> interruptions++);

        private int aqic(long control) {
            return ap.aqic(QUEUE, control, nib);
        }

        private byte notification() {
            byte[] one = new byte[1];
            machine.storage().loadAbsolute(nib, one, 0, 1);
            return one[0];
        }

        @Test
        void comesWithTheFirstReplyOnlyAndNotInsideTheInstruction() {
            assertEquals(E | 0x0100_0000, aqic(0x8000_0000_0006L));
            assertEquals(R | 0x0100_0000, send(1));
            assertEquals((byte) 0x80, notification());
            assertEquals(0, interruptions);
            time.advance(0);
            assertEquals(1, interruptions);
            send(2);
            time.advance(0);
            assertEquals(1, interruptions);
            ap.dqap(QUEUE, buffer, 0);
            ap.dqap(QUEUE, buffer, 0);
            send(3);
            time.advance(0);
            assertEquals(2, interruptions);
        }

        @Test
        void ofSeveralQueuesBeforeTheHandlerRanIsOne() {
            aqic(0x8000_0000_0006L);
            ap.aqic(new Apqn(6, 5), 0x8000_0000_0006L, nib);
            byte[] request = request();
            send(1);
            ap.nqap(new Apqn(6, 5), 2, request, request.length, false);
            time.advance(0);
            assertEquals(1, interruptions);
        }

        @Test
        void comesNoMoreOnceDisabled() {
            aqic(0x8000_0000_0006L);
            assertEquals(E, aqic(0));
            send(1);
            time.advance(0);
            assertEquals(0, interruptions);
            assertEquals(0, notification());
        }

        @ParameterizedTest(name = "GR1 {0}")
        @ValueSource(longs = {0, 0x8000_0000_0000L})
        void thatAlreadyHasTheWantedStateIsOtherwiseChanged(long control) {
            ap.aqic(QUEUE, 0x8000_0000_0000L ^ control, nib);
            ap.aqic(QUEUE, control, nib);
            assertEquals(0x0007_0000, aqic(control) & 0x00ff_0000);
        }

        @Test
        void toAByteThatDoesNotExistIsAnInvalidAddress() {
            assertEquals(E | 0x0006_0000, ap.aqic(QUEUE, 0x8000_0000_0000L, 0x7000_0000));
            assertFalse(machine.adapter(6).queue(4).interruptEnabled());
        }

        @Test
        void throughAGisaThatDoesNotExistIsAnInvalidGisa() {
            assertEquals(E | 0x0008_0000, ap.aqic(QUEUE, 0x8000_7000_0900L, nib));
        }

        @Test
        void forAGuestSetsItsByteMakesItsSubclassPendingAndAlertsTheHypervisor() {
            byte[] guest = new byte[0x2000];
            byte[] page = new byte[0x1000];
            page[0x907] = 0x10; // subclass 3 alerts
            long guestOrigin = machine.platform().interrupts().place(new ArrayStorage(guest), guest.length);
            long pageOrigin = machine.platform().interrupts().place(new ArrayStorage(page), page.length);
            int[] alerts = {0};
            machine.platform().interrupts().onAlert(pageOrigin + 0x900, () -> alerts[0]++);
            long control = 0x8000_0000_0005L | 3L << 40 | pageOrigin + 0x900;
            assertEquals(E | 0x0100_0000, ap.aqic(QUEUE, control, guestOrigin + 0x1234));
            send(1);
            time.advance(0);
            assertEquals((byte) 0x80, guest[0x1234]);
            assertEquals(0x10, page[0x904]);
            assertEquals(1, alerts[0]);
            assertEquals(0, interruptions);
        }

        @Test
        void onAMachineThatDeliversNoneOnlyKeepsTheEnabledBit() {
            SimulatedMachine silent = SimulatedMachine.builder(time).deliversInterrupts(false)
                    .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR)).usageDomains(ApMask.of(4))
                    .build();
            assertTrue(silent.platform().interrupts().register(() -> interruptions++) != 0);
            ApCommands commands = new ApCommands(silent.instructions(), Facilities.of(Facilities.APQI));
            assertEquals(E | 0x0100_0000, commands.aqic(QUEUE, 0x8000_0000_0000L, 0x1234_5678_9000L));
            byte[] request = request();
            assertEquals(R | 0x0100_0000, commands.nqap(QUEUE, 1, request, request.length, false));
            time.advanceMillis(1);
            assertEquals(0, interruptions);
        }
    }

    @Test
    void theFirmwareConfiguresAndDeconfiguresAdapters() {
        var firmware = machine.platform().firmware();
        assertEquals("DONE", firmware.configure(6, false).name());
        assertEquals(E | 0x0003_0000, ap.tapq(QUEUE));
        assertEquals("DONE", firmware.configure(6, true).name());
        assertEquals(E, ap.tapq(QUEUE));
        machine.adapter(6).change(spec -> spec.firmwareRefuses(true));
        assertEquals("IO_ERROR", firmware.configure(6, false).name());
        assertEquals("IO_ERROR", firmware.configure(7, true).name());
        machine.setFirmwareInstalled(false);
        assertEquals("NOT_SUPPORTED", firmware.configure(6, false).name());
        assertEquals(E, ap.tapq(QUEUE));
    }
}

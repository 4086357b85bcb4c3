// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.Random;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.ProgramCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

class SimulatedQueueTest extends AcceleratorQueue {
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
    void comesBackInTheOrderOfSendingHoweverManyWait() {
        machine.adapter(6).change(spec -> spec.depth(15));
        Random random = new Random(5);
        long sent = 0;
        long received = 0;
        for (int step = 0; step < 2_000; step++) {
            for (long last = Math.min(received + 15, sent + random.nextInt(16)); sent < last; sent++) {
                send(sent);
            }
            for (long last = Math.min(sent, received + random.nextInt(16)); received < last; received++) {
                ap.dqap(QUEUE, buffer, 0);
                assertEquals(received, ap.replyPsmid());
                assertEquals(0x7d, buffer[143]);
            }
            assertEquals(sent - received, machine.adapter(6).queue(4).replies());
        }
    }

    @Test
    void isNotMixedUpWithTheOneBeforeIt() {
        byte[] nonsense = new byte[request().length];
        send(1);
        ap.nqap(QUEUE, 2, nonsense, nonsense.length, false);
        send(3);
        for (int code : new int[]{0x80, 0x88, 0x80}) { // the type of an answer, of an error, of an answer
            ap.dqap(QUEUE, buffer, 0);
            assertEquals(code, buffer[1] & 0xff);
        }
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

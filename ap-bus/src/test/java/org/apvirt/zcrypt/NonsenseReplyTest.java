// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.z90crypt.ZcryptDevice;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/** What the kernel does about a card whose replies are not as they should be: one byte of each is another. */
class NonsenseReplyTest {
    private final List<String> log = new ArrayList<>();
    private final List<String> uevents = new ArrayList<>();
    private int offset = -1; // of the byte to change; none at first
    private int value;

    private ApInstructions firmware;

    /** The instructions of a machine, but a byte of each reply is another. */
    private ApInstructions changing(ApInstructions real) {
        firmware = mock(ApInstructions.class, delegatesTo(real));
        doAnswer(call -> {
            ApRegisters regs = call.getArgument(0);
            long reply = regs.gr(call.getArgument(3));
            int condition = real.dqap(regs, call.getArgument(1), call.getArgument(2), call.getArgument(3));
            if (condition == 0 && offset >= 0) {
                call.<Storage>getArgument(1).store(reply + offset, new byte[]{(byte) value}, 0, 1);
            }
            return condition;
        }).when(firmware).dqap(any(), any(), anyInt(), anyInt());
        return firmware;
    }

    private ZcryptDevice boot(AdapterMode mode) throws ErrnoException {
        return boot(TestLevel.LINUX_6_12, mode);
    }

    private ZcryptDevice boot(TestLevel level, AdapterMode mode) throws ErrnoException {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(6, 11, mode).cca(CcaIdentity.of("SERIAL"))).build();
        ApPlatform platform = machine.platform();
        Kernel kernel = level.kernel(time);
        kernel.onLog(log::add);
        ApBus bus = ApBus.start(kernel, new ApPlatform(changing(machine.instructions()), platform.facilities(),
                platform.firmware(), platform.interrupts(), time), ApBusParameters.of(Map.of()));
        ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
        time.advanceMillis(100); // the kernel's random-number feed has had its answer
        log.clear();
        kernel.onUevent(event -> uevents.add(event.header() + ' ' + event.variables()));
        return ZcryptDevice.open(kernel, "z90crypt");
    }

    @ParameterizedTest(name = "{0}, byte {1} = {2}: {3}")
    @CsvSource({"ACCELERATOR, 1, 0x99, ENODEV, unknown response type 0x99 => online=0 rc=EAGAIN",
            "ACCELERATOR, 1, 0x87, ENODEV, unknown response type 0x87 => online=0 rc=EAGAIN",
            "ACCELERATOR, 3, 0x91, EMSGSIZE,", "CCA, 50, 5, ENODEV, unknown response type 0x86 => online=0 rc=EAGAIN",
            "CCA, 1, 0x80, ENODEV, unknown response type 0x80 => online=0 rc=EAGAIN",
            "CCA, 193, 3, ENODEV, rc/rs=3/0 online=0 rc=EAGAIN", "CCA, 19, 1, EMSGSIZE,", "CCA, 4, 0x22, EINVAL,"})
    void toAnRsaRequest(AdapterMode mode, int offset, String value, Errno errno, String line) throws ErrnoException {
        try (ZcryptDevice device = boot(mode)) {
            this.offset = offset;
            this.value = Integer.decode(value);
            assertEquals(errno, assertThrows(ErrnoException.class,
                    () -> device.modExpo(new byte[]{5}, new byte[]{3}, bytes(15))).errno());
            assertEquals(line == null ? List.of() : List.of("zcrypt: Crypto dev=06.0004 " + line), log);
            assertEquals(line == null, device.status().queues().get(0).online());
            assertEquals(line == null ? 0 : 1, uevents.stream().filter(event -> event
                    .startsWith("change@/devices/ap/card06/06.0004 ") && event.contains("ONLINE=0")).count(),
                    uevents::toString);
        }
    }

    /** 2^3 modulo 15, of a card that says that its result has fewer bytes than the 16 of the modulus. */
    @ParameterizedTest(name = "{0}, {1} bytes: {2}")
    @CsvSource({"LINUX_6_1, 6, 0002ffffffffffffff00000000000000", "LINUX_6_1, 7, EINVAL", "LINUX_6_1, 15, EINVAL",
            "LINUX_6_1, 16, 00000000000000000000000000000008", "LINUX_6_1, -1, EINVAL",
            "LINUX_6_12, 6, 00000000000077777777777777777777", "LINUX_7_2, 15, 00000000000000000000000000000077",
            "LINUX_7_3, 0, 77777777777777777777777777777777", "LINUX_7_3, -1, EMSGSIZE", "LINUX_7_3, 17, EMSGSIZE",
            "LINUX_6_1, 17, EINVAL", "LINUX_6_1, 200, EMSGSIZE"})
    void aShortRsaResultIsPaddedOrAtTheLeftAndTheRestStays(TestLevel level, int bytes, String expected)
            throws ErrnoException {
        try (ZcryptDevice device = boot(level, AdapterMode.CCA)) {
            offset = 273; // CPRB at 48, 220 bytes of it, 4 bytes of function code and rules
            value = bytes + 2;
            byte[] room = HexFormat.of().parseHex("77".repeat(16));
            String result;
            try {
                device.modExpo(bytes(2), bytes(3), bytes(15), room);
                result = HexFormat.of().formatHex(room);
            } catch (ErrnoException e) {
                result = e.errno().name();
            }
            assertEquals(expected, result);
        }
    }

    private static byte[] bytes(int number) {
        byte[] bytes = new byte[16]; // CCA cards take no shorter modulus
        bytes[15] = (byte) number;
        return bytes;
    }

    @ParameterizedTest(name = "byte {0} = {1}: {2}")
    @CsvSource({"1, 0x87, ENODEV, unknown response type 0x87 => online=0 rc=EAGAIN",
            "50, 4, ENODEV, unknown response type 0x86 => online=0 rc=EAGAIN", "23, 0x2f, EMSGSIZE,",
            "18, 0xff, EMSGSIZE,", "4, 0x8b, EINVAL,", "4, 0x10, EIO,"})
    void toACprb(int offset, String value, Errno errno, String line) throws ErrnoException {
        try (ZcryptDevice device = boot(AdapterMode.CCA)) {
            this.offset = offset;
            this.value = Integer.decode(value);
            assertEquals(errno, assertThrows(ErrnoException.class, () -> device.random(1)).errno());
            assertEquals(line == null ? List.of() : List.of("zcrypt: Crypto dev=06.0004 " + line), log);
        }
    }

    @ParameterizedTest(name = "{0}: {1} times")
    @CsvSource({"0x5432, 10", "0x5436, 1"})
    void thatAsksToTryAgainIsTriedTenTimesButOnceIfTheRequestAdministers(String identifier, int times)
            throws ErrnoException {
        try (ZcryptDevice device = boot(AdapterMode.CCA)) {
            offset = 4;
            value = 0x10;
            clearInvocations(firmware);
            byte[] control = new byte[Cprbx.LENGTH + 2];
            Cprbx.init(control, 0, Integer.decode(identifier)).domain(4).requestParameterLength(2);
            control[Cprbx.LENGTH] = 'Z';
            assertEquals(Errno.EIO, assertThrows(ErrnoException.class, () -> device.sendCprb(
                    new CcaRequest.Block(FunctionCode.AGENT_CCA, 6, control, new byte[0], 4000, 0))).errno());
            verify(firmware, times(times)).nqap(any(), any(), anyInt(), anyInt());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.HexFormat;
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
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.z90crypt.ZcryptDevice;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

/** The bytes that the kernel sends for an RSA request, written down from the layouts. */
class RsaMessageTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String NUMBER = "00".repeat(15) + "05";

    private byte[] sent = {};

    private ApInstructions watching(ApInstructions real) {
        ApInstructions watched = mock(ApInstructions.class, delegatesTo(real));
        doAnswer(call -> {
            ApRegisters regs = call.getArgument(0);
            int r2 = call.getArgument(3);
            sent = new byte[(int) regs.gr(r2 + 1)];
            call.<Storage>getArgument(1).load(regs.gr(r2), sent, 0, sent.length);
            return real.nqap(regs, call.getArgument(1), call.getArgument(2), r2);
        }).when(watched).nqap(any(), any(), anyInt(), anyInt());
        return watched;
    }

    private ZcryptDevice boot(AdapterMode mode) throws ErrnoException {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(6, 11, mode)).build();
        Kernel kernel = TestLevel.LINUX_6_12.kernel(time);
        ApPlatform real = machine.platform();
        ApBus bus = ApBus.start(kernel, new ApPlatform(watching(machine.instructions()), real.facilities(),
                real.firmware(), real.interrupts(), time), ApBusParameters.DEFAULT);
        ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
        time.advanceMillis(100); // the kernel's random-number feed has had its answer
        return ZcryptDevice.open(kernel, "z90crypt");
    }

    /** The card refuses, which does not matter here: it has no identity, or the numbers are no key. */
    private String message(AdapterMode mode, boolean crt) throws ErrnoException {
        byte[] number = HEX.parseHex(NUMBER);
        try (ZcryptDevice device = boot(mode)) {
            if (crt) {
                assertThrows(ErrnoException.class, () -> device.crt(16, number, new byte[]{17}, new byte[]{22},
                        new byte[]{3}, new byte[]{4}, new byte[]{15}));
            } else {
                assertThrows(ErrnoException.class, () -> device.modExpo(number, new byte[]{3}, number));
            }
        }
        return HEX.formatHex(sent);
    }

    @Test
    void aCcaCardGetsExponentAndModulusInAPublicSection() throws ErrnoException {
        String message = message(AdapterMode.CCA, false);
        // header: type 6, CPRB at 0x58, CA, PK, 220 + 14 + 16 + 58 bytes
        assertEquals("0006" + "00".repeat(14) + "00000058" + "00".repeat(12) + "4341" + "00".repeat(18) + "504b"
                + "0000" + "00000134" + "00".repeat(12), message.substring(0, 144));
        assertEquals("00dc02" + "000000" + "5432" + "00000000" + "00000058", message.substring(176, 208));
        assertEquals("504b" + "000a" + "4d52502020202020" + "0012" + NUMBER + "003a" + "0038" + "0000"
                + "1e00003400000000" + "0400002c0000" + "0010" + "0080" + "0010" + "00".repeat(15) + "03" + NUMBER,
                message.substring(2 * (88 + 220)));
    }

    @Test
    void aCcaCardGetsPrimesWithTheEightBytesBeforeThem() throws ErrnoException {
        String seven = "00".repeat(7);
        assertEquals("5044" + "000a" + "5a45524f2d504144" + "0012" + NUMBER + "00f1" + "00ef" + "0000"
                + "1e0000eb00000000" + "080000d4" + "00".repeat(24) + "4000" + "00".repeat(20) + "80000000"
                + "0010" + "0008" + "0010" + "0008" + "0010" + "0010" + "00000000" + "0000" + "00".repeat(60)
                + "00".repeat(8) + seven + "11" + seven + "16" + "00".repeat(8) + seven + "03" + seven + "04"
                + "00".repeat(8) + seven + "0f" + "ff".repeat(16) + "0400000f0000" + "0003" + "0080" + "0000"
                + "010001",
                message(AdapterMode.CCA, true).substring(2 * (88 + 220)));
    }

    @Test
    void anAcceleratorGetsTheNumbersAlone() throws ErrnoException {
        String prefix = "00".repeat(63);
        assertEquals(
                "005001d000000000" + "0011" + "00".repeat(6) + prefix + "11" + prefix + "16" + prefix + "03" + prefix
                        + "04" + prefix + "0f" + "00".repeat(112) + NUMBER,
                message(AdapterMode.ACCELERATOR, true));
    }
}

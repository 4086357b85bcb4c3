// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.ErrnoException;
import org.apvirt.fuzz.Refusals;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.z90crypt.ZcryptDevice;
import org.checkerframework.checker.nullness.qual.Nullable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

/** Any bytes as the reply of a card: what the program asked for, or an errno, and the next reply is read as it is. */
class RepliesFuzzTest {
    /** A machine whose next reply is a false one. */
    private static final class Liar implements ApInstructions {
        private final ApInstructions honest;
        private byte @Nullable [] lie;

        Liar(ApInstructions honest) {
            this.honest = honest;
        }

        @Override
        public int pqap(ApRegisters registers, Storage storage) {
            return honest.pqap(registers, storage);
        }

        @Override
        public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return honest.nqap(registers, storage, r1, r2);
        }

        @Override
        public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
            long address = registers.gr(r2);
            long offered = registers.gr(r2 + 1);
            int cc = honest.dqap(registers, storage, r1, r2);
            byte[] reply = lie;
            if (cc == 0 && reply != null && registers.gr(r2 + 1) != offered) {
                int length = (int) Math.min(reply.length, offered);
                storage.store(address, reply, 0, length);
                registers.gr(r2, address + length);
                registers.gr(r2 + 1, offered - length);
            }
            return cc;
        }
    }

    private static AdapterMode mode(int kind) {
        return switch (kind) {
            case 0 -> AdapterMode.ACCELERATOR;
            case 1, 2 -> AdapterMode.CCA;
            default -> AdapterMode.EP11;
        };
    }

    private static byte[] request(ZcryptDevice device, int kind) throws ErrnoException {
        byte[] modulus = new byte[16];
        modulus[15] = 15;
        byte[] exponent = new byte[16];
        exponent[15] = 3;
        return switch (kind) {
            case 0, 1 -> device.modExpo(exponent, exponent, modulus);
            case 2 -> device.sendCprb(RandomRequest.block(5)).control();
            default -> {
                byte[] payload = new Ep11Payload(38, 4).add(1).add(0).toBytes();
                byte[] control = new byte[Ep11Cprb.LENGTH + payload.length];
                Ep11Cprb.init(control, 0).target(4).payloadLength(payload.length);
                System.arraycopy(payload, 0, control, Ep11Cprb.LENGTH, payload.length);
                yield device.sendEp11(List.of(new Ep11Request.Target(5, 4)), control, 300);
            }
        };
    }

    /** The first byte says who asks for what, the others are what comes back. */
    @FuzzTest(maxDuration = "2h")
    void replies(byte[] bytes) throws ErrnoException {
        if (bytes.length == 0) {
            return;
        }
        int kind = bytes[0] & 3;
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 13, mode(kind)).cca(CcaIdentity.of("CARDFIVE"))
                        .ep11(Ep11Identity.of("CARDFIVE")))
                .usageDomains(ApMask.of(4)).build();
        ApPlatform platform = machine.platform();
        Liar liar = new Liar(platform.instructions());
        Host host = Host.boot(new ApPlatform(liar, platform.facilities(), platform.firmware(), platform.interrupts(),
                platform.time()), HostOptions.of(Level.LINUX_6_12));
        try (ZcryptDevice device = ZcryptDevice.open(host.kernel(), "z90crypt")) {
            byte[] right = request(device, kind);
            liar.lie = java.util.Arrays.copyOfRange(bytes, 1, bytes.length);
            try {
                request(device, kind);
            } catch (ErrnoException e) {
                Refusals.assertOneLine(e.getMessage());
            }
            liar.lie = null;
            host.write("/sys/devices/ap/card05/05.0004/online", "0"); // a queue that fails is switched off
            host.write("/sys/devices/ap/card05/05.0004/online", "1");
            byte[] again = request(device, kind);
            if (kind < 2) {
                assertArrayEquals(right, again);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Header;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.z90crypt.ZcryptArgument;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Structures of programs with any bytes in them: an errno or an answer, nothing else. */
class ZcryptFuzzTest {
    private static final int ROUNDS = 2000;

    private final Random random = new Random(3);
    private final TestHost host = new TestHost(TestLevel.LINUX_6_12, machine -> machine
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
            .usageDomains(ApMask.of(4))).withDrivers();

    private static byte[] request(int ioctl) {
        ZcryptArgument argument;
        switch (ioctl) {
            case ZcryptIoctl.ICARSAMODEXPO -> {
                argument = new ZcryptArgument(48);
                argument.structure().putInt(8, 16).putInt(24, 16);
                byte[] odd = new byte[16];
                odd[15] = 15;
                argument.point(0, new byte[16]).point(16, new byte[16]).point(32, odd).point(40, odd);
            }
            case ZcryptIoctl.ZSECSENDCPRB -> {
                argument = new ZcryptArgument(94);
                byte[] control = RandomRequest.control();
                argument.structure().putShort(0, (short) 0x4341).putInt(2, -1).putInt(8, control.length).putInt(48, 300)
                        .putInt(68, 4096);
                argument.point(20, control).point(60, new byte[300]).point(80, new byte[4096]);
            }
            default -> {
                argument = new ZcryptArgument(58);
                byte[] payload = new Ep11Payload(38, 4).add(1).add(0).toBytes();
                byte[] control = new byte[32 + payload.length];
                Ep11Cprb.init(control, 0).target(4).payloadLength(payload.length);
                System.arraycopy(payload, 0, control, 32, payload.length);
                argument.structure().putShort(0, (short) 1).putLong(26, control.length).putLong(42, 300);
                argument.point(2, new byte[]{0, 8, 0, 4}).point(34, control).point(50, new byte[300]);
            }
        }
        return argument.toBytes();
    }

    private byte[] mutated(byte[] bytes) {
        byte[] changed = bytes.clone();
        int reach = Math.min(changed.length, 94 + Cprbx.LENGTH + 40); // what comes after is room for replies
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(reach);
            switch (random.nextInt(4)) {
                case 0 -> changed[at] = (byte) random.nextInt();
                case 1 -> changed[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> Arrays.fill(changed, at, Math.min(at + 1 + random.nextInt(8), changed.length), (byte) -1);
                default -> {
                    changed = Arrays.copyOf(changed, Math.max(1, changed.length - random.nextInt(64)));
                    reach = Math.min(reach, changed.length);
                }
            }
        }
        return changed;
    }

    @ParameterizedTest
    @ValueSource(ints = {ZcryptIoctl.ICARSAMODEXPO, ZcryptIoctl.ZSECSENDCPRB, ZcryptIoctl.ZSENDEP11CPRB})
    void anyStructureGetsAnErrnoOrAnAnswer(int ioctl) throws ErrnoException {
        IoctlArgument.FileTable none = new IoctlArgument.FileTable() {
            @Override
            public @Nullable OpenFile file(int fd) {
                return null;
            }

            @Override
            public int install(OpenFile file) {
                throw new IllegalStateException();
            }
        };
        byte[] request = request(ioctl);
        int answers = 0;
        try (OpenFile file = ((CharDevice) host.kernel.dev().child("z90crypt")).opener().open()) {
            file.ioctl(ioctl, new IoctlArgument(0, request.clone(), none));
            for (int i = 0; i < ROUNDS; i++) {
                try {
                    file.ioctl(ioctl, new IoctlArgument(0, mutated(request), none));
                    answers++;
                } catch (ErrnoException e) {
                    assertTrue(e.errno().number() > 0);
                }
            }
            file.ioctl(ioctl, new IoctlArgument(0, request.clone(), none));
        }
        assertTrue(answers > ROUNDS / 20 && answers < ROUNDS, "answers: " + answers);
    }

    @Test
    void aDomainIsStoredWhereItIsAndNowhereElse() {
        for (int i = 0; i < 20_000; i++) {
            byte[] payload = new Ep11Payload(38, 0x1111).add(new byte[random.nextInt(300)]).toBytes();
            payload[random.nextInt(Math.min(payload.length, 20))] = (byte) random.nextInt();
            byte[] copy = ByteBuffer.allocate(payload.length + 9).put(5, payload).array();
            Ep11Header header = Ep11Header.parse(copy.clone(), 5, 5 + payload.length);
            if (header != null) {
                boolean stored = header.storeDomain(copy, 0x4747);
                byte[] after = Arrays.copyOfRange(copy, 5, 5 + payload.length);
                int changed = Arrays.mismatch(after, payload);
                if (!stored || changed < 0) {
                    assertArrayEquals(payload, after);
                } else {
                    System.arraycopy(payload, changed, after, changed, Math.min(4, payload.length - changed));
                    assertArrayEquals(payload, after);
                }
                assertArrayEquals(new byte[4], Arrays.copyOfRange(copy, 5 + payload.length, copy.length));
            }
        }
    }
}

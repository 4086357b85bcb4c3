// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A guest whose kernel never issues an AP instruction. */
@Timeout(20)
class QuietGuestTest {
    private static final ApInstructions NONE = new ApInstructions() {
        @Override
        public int pqap(ApRegisters registers, Storage storage) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }

        @Override
        public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }

        @Override
        public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
            return ApInstructions.interruption(ProgramCode.OPERATION);
        }
    };

    private final List<String> log = new CopyOnWriteArrayList<>();

    /** Serves a guest that executes so many instructions and then runs until it is let go; returns what was told meanwhile. */
    private List<String> toldOf(int instructions) throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        GuestTransport transport = new GuestTransport() {
            @Override
            public End serve(ApEmulation emulation) {
                for (int i = 0; i < instructions; i++) {
                    emulation.execute(ApEmulation.PQAP << 16, new ApRegisters(), null);
                }
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return End.DETACHED;
            }

            @Override
            public void detach() {
                end.countDown();
            }

            @Override
            public void close() {
                end.countDown();
            }
        };
        ApPlatform platform = new ApPlatform(NONE, Facilities.NONE, ApFirmware.UNSUPPORTED, ApInterrupts.NONE,
                new VirtualTime());
        try (AttachedGuest guest = AttachedGuest.over(transport, platform, line -> {
            log.add(line);
            told.countDown();
        }, 1000)) {
            Thread served = Thread.ofPlatform().start(() -> {
                try {
                    guest.run();
                } catch (java.io.IOException e) {
                    log.add(e.toString());
                }
            });
            if (instructions == 0) {
                told.await();
            } else {
                Thread.sleep(1200);
            }
            List<String> meanwhile = List.copyOf(log);
            guest.detach();
            served.join();
            return meanwhile;
        }
    }

    @Test
    void isReportedAfterAWhile() throws Exception {
        assertEquals(List
                .of("the guest has not used AP for 1 s: its kernel has no AP bus, or looked for it before anybody was"
                        + " attached; if 'dmesg' there says that AP is not installed, reboot it"),
                toldOf(0));
    }

    @Test
    void isNotReportedOnceItHasUsedAp() throws Exception {
        assertEquals(List.of(), toldOf(1));
    }
}

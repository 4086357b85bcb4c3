// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Occurrence;
import org.apvirt.arch.RealTime;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.Fault.Instruction;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.Queues;
import org.apvirt.sim.RequestKind;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests of many threads through the plugin while cards come, go, fail and answer wrongly. */
class PluginSoakIT {
    /** More by hand: {@code -Dsoak.requests=100000}, with {@code -Dsoak.minutes}. */
    private static final int REQUESTS = Integer.getInteger("soak.requests", 3000);
    private static final int MINUTES = Integer.getInteger("soak.minutes", 5);
    private static final int CHANGE_MILLIS = 50;

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
            .adapter(AdapterSpec.of(7, 11, AdapterMode.ACCELERATOR))
            .usageDomains(ApMask.of(4, 0xff)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static String soaked(String console) {
        return console.lines().filter(line -> line.matches("soak: [0-9]+ right.*")).findFirst().orElse("(none)");
    }

    @Test
    @Timeout(3600)
    void requestsOfSixteenThreadsOnTwoCpusAreRightWhileCardsComeGoAndFail() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("trixie").plugin().cpus(2)
                .program("bin/soak", StockGuest.program("soak", temporary)).script("""
                        cd /sys/bus/ap/devices
                        # A queue that answered by an error is offline until somebody says otherwise.
                        while [ ! -e /stop ]; do
                            echo 1 >/sys/bus/ap/scans
                            for online in card*/*.*/online; do echo 1 >$online; done 2>/dev/null
                            sleep 0.2
                        done &
                        soak REQUESTS 16
                        touch /stop
                        dmesg | grep -i -e oops -e 'BUG' -e 'operation exception' -e 'stall'
                        """.replace("REQUESTS", Integer.toString(REQUESTS))).start(machine.platform())) {
            guest.await("soak: begin");
            int changes = 0;
            long deadline = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
            while (guest.isAlive() && soaked(guest.console()).equals("(none)") && System.nanoTime() < deadline) {
                Thread.sleep(CHANGE_MILLIS);
                change(changes++);
            }
            String console = guest.awaitEnd();
            System.out.println(console.replaceAll("(?s).*(?=soak: [0-9]+ right)", "") + changes + " changes");
            assertEquals("soak: " + REQUESTS + " right, 0 wrong", soaked(console).replaceFirst(", [0-9]+ again", ""),
                    console);
            assertFalse(console.matches("(?s).*(Oops|BUG|operation exception|stall).*"), console);
            assertTrue(changes > 5, () -> "too quick to be disturbed");
        }
    }

    /** One change from outside; card 05 stays, with faults that pass. */
    private void change(int number) {
        switch (number % 12) {
            case 0 -> machine.adapter(6).change(spec -> spec.configured(false));
            case 1 -> machine.adapter(7).change(spec -> spec.checkstopped(true));
            case 2 -> machine.adapter(6).change(spec -> spec.configured(true));
            case 3 -> machine.adapter(7).change(spec -> spec.checkstopped(false));
            case 4 -> machine.removeAdapter(7);
            case 5 -> machine.addAdapter(AdapterSpec.of(7, 11, AdapterMode.ACCELERATOR));
            case 6 ->
                inject(Queues.ALL, Instruction.NQAP, number, ApResponseCode.Q_FULL, ApResponseCode.RESET_IN_PROGRESS);
            case 7 -> inject(Queues.ALL, Instruction.DQAP, number, ApResponseCode.BUSY);
            case 8 -> machine.inject(new InstructionFault(Queues.ALL, Instruction.NQAP, null,
                    Occurrence.random(0.2, number), List.of(), null, Duration.ofMillis(20)));
            case 9 -> inject(Queues.ofCard(6), Instruction.TAPQ, number, ApResponseCode.BUSY);
            case 10 -> machine.inject(new InstructionFault(Queues.ofCard(6), Instruction.NQAP,
                    new RequestKind("type50"), Occurrence.random(0.2, number), List.of(), ErrorReply.MACHINE_FAILURE,
                    Duration.ZERO));
            default -> machine.clearFaults();
        }
    }

    private void inject(Queues queues, Instruction instruction, int seed, ApResponseCode... codes) {
        machine.inject(new InstructionFault(queues, instruction, null, Occurrence.random(0.1, seed),
                List.of(codes).stream().map(ApResponseCode::code).toList(), null, Duration.ZERO));
    }
}

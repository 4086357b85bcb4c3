// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ScriptedFirmware.Instruction;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;

import static org.apvirt.ap.ScriptedFirmware.Instruction.DQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.NQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.TAPQ;

/** A queue of an accelerator behind firmware that answers what a test has written down. */
abstract class ScriptedQueue {
    static final Apqn QUEUE = new Apqn(6, 4);
    static final int EMPTY = 0x8000_0000;
    static final int IRQ = 0x0100_0000;
    static final int ASYNC = 0x0200_0000;
    static final int NO_REPLY = 0x0010_0000; // of DQAP; of NQAP: the queue is full

    final List<String> log = new ArrayList<>();
    final VirtualTime time = new VirtualTime();
    ScriptedFirmware firmware;
    SimulatedMachine machine;
    ApBus bus;

    /** An accelerator whose queues take three requests at a time, and whose replies may have 32 KiB. */
    void boot(boolean interrupts) throws ErrnoException {
        Facilities facilities = Facilities.of(Facilities.QCI, Facilities.APFT);
        machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
                .facilities(interrupts ? facilities.with(Facilities.APQI) : facilities)
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR).depth(3).ml(8)
                        .serviceTime(Duration.ofMillis(2)))
                .build();
        Kernel kernel = TestLevel.LINUX_6_12.kernel(time, ApQuirk.QUEUE_STATES);
        kernel.onLog(log::add);
        ApPlatform real = machine.platform();
        firmware = new ScriptedFirmware(real.instructions(), QUEUE);
        bus = ApBus.start(kernel,
                new ApPlatform(firmware, real.facilities(), real.firmware(), real.interrupts(), time),
                ApBusParameters.DEFAULT);
        ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
        time.advanceMillis(200);
        log.clear();
        firmware.issued();
    }

    ApQueue queue() {
        return bus.queue(QUEUE);
    }

    String state() {
        return read("states") + (read("last_err_rc").equals("NORMAL") ? "" : ' ' + read("last_err_rc"));
    }

    String read(String attribute) {
        if (!(bus.queueAttributes().on(queue()).find(attribute) instanceof SysfsFile file)) {
            throw new IllegalArgumentException(attribute);
        }
        try {
            return file.show().strip();
        } catch (ErrnoException e) {
            return "!" + e.errno();
        }
    }

    ApMessage submit() throws ErrnoException {
        ApMessage message = QueueStateMachineTest.request();
        queue().submit(message);
        return message;
    }

    void slow(Duration service) {
        machine.adapter(6).change(spec -> spec.serviceTime(service));
    }

    void poll() {
        bus.stateMachine().poll(queue());
    }

    /** Returns what was issued but for looking: scans look at queues, polls for replies. */
    List<Instruction> sent() {
        return firmware.issued().stream().filter(it -> it != DQAP && it != TAPQ).toList();
    }
}

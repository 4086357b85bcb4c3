// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.SimulatedMachine;

/**
 * Heap that one queue of the AP bus takes, in bytes, without what the simulator keeps for it. Run with the serial
 * collector: {@code java -XX:+UseSerialGC -cp benchmarks/target/benchmarks.jar org.apvirt.benchmarks.QueueFootprint}.
 */
public final class QueueFootprint {
    private QueueFootprint() {}

    /** Prints one line. */
    public static void main(String[] args) {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = Machines.of(256, 256, time);
        ApCommands commands = new ApCommands(machine.instructions(), machine.facilities());
        for (int qid = 0; qid < 0x10000; qid++) {
            commands.tapq(Apqn.ofQid(qid));
            commands.rapq(Apqn.ofQid(qid), false); // the simulator now has all that it keeps of a queue
        }
        long before = used();
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        time.advanceMillis(100);
        long bytes = used() - before;
        Reference.reachabilityFence(host);
        Reference.reachabilityFence(machine);
        System.out.printf("%.1f bytes of heap per queue (65536 queues, 256 cards)%n", bytes / 65536.0);
    }

    private static long used() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}

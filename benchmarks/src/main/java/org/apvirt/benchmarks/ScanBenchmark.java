// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.SimulatedMachine;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The AP bus on 256 adapters by 256 domains, in milliseconds for all 65,536 queues. Nobody listens to uevents. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 8)
@Measurement(iterations = 15)
@Fork(value = 2, jvmArgs = "-Xmx2g")
public class ScanBenchmark {
    /** A machine nobody has looked at yet. */
    @State(Scope.Thread)
    public static class FreshMachine {
        private VirtualTime time = new VirtualTime();
        private SimulatedMachine machine = Machines.of(1, 1, time);

        /** A new machine for each shot: its queues are made when they are first used. */
        @Setup(org.openjdk.jmh.annotations.Level.Invocation)
        public void build() {
            time = new VirtualTime();
            machine = Machines.of(256, 256, time);
        }
    }

    /** A booted host. */
    @State(Scope.Thread)
    public static class BootedHost {
        private VirtualTime time = new VirtualTime();
        private Host host = boot(Machines.of(1, 1, time), time);
        private boolean reserved;

        /** Boots once. */
        @Setup
        public void boot() {
            time = new VirtualTime();
            host = boot(Machines.of(256, 256, time), time);
        }

        private static Host boot(SimulatedMachine machine, VirtualTime time) {
            Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
            time.advanceMillis(100); // the resets after binding
            return host;
        }
    }

    /** The least that a scan must do: one TAPQ for each queue. */
    @Benchmark
    public long bareTapqs(FreshMachine fresh) {
        ApCommands commands = new ApCommands(fresh.machine.instructions(), fresh.machine.facilities());
        long sum = 0;
        for (int qid = 0; qid < 0x10000; qid++) {
            sum += commands.tapq(Apqn.ofQid(qid));
        }
        return sum;
    }

    /** Boot: scan, cards and queues made, drivers bound, bindings complete. */
    @Benchmark
    public Host bootToBindingsComplete(FreshMachine fresh) throws ErrnoException {
        Host host = Host.boot(fresh.machine, HostOptions.of(Level.LINUX_6_12));
        String bindings = host.read("/sys/bus/ap/bindings");
        if (!bindings.equals("65536/65536 (complete)\n")) {
            throw new IllegalStateException(bindings);
        }
        return host;
    }

    /** A rescan that finds nothing new. */
    @Benchmark
    public int rescan(BootedHost booted) throws ErrnoException {
        return booted.host.write("/sys/bus/ap/scans", "1");
    }

    /** A mask write that moves every queue from cex4queue to vfio_ap, or back. */
    @Benchmark
    public int moveAllQueues(BootedHost booted) throws ErrnoException {
        booted.reserved = !booted.reserved;
        return booted.host.write("/sys/bus/ap/apmask", booted.reserved ? "0x0" : "+0-255");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.kvm.CryptoAttributes;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One AP instruction of a guest through all layers: entry, interpretation against the CRYCB bytes, the simulated machine,
 * exit. Result: nanoseconds per instruction; with {@code -prof gc} also bytes per instruction.
 *
 * <p>Goals: a status query of a guest at most 50 ns and 0 B.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GuestInstructionBenchmark {
    /** Depth of the guest: 0 is the machine itself, 2 a guest inside a guest. */
    @Param({"0", "1", "2"})
    public int level;

    private final ApRegisters regs = new ApRegisters();
    private final ArrayStorage storage = new ArrayStorage(0x1000);
    private SimulatedMachine machine;
    private ApInstructions instructions;
    private KvmGuest guest;

    /** Boots the levels on a machine of two cards. */
    @Setup
    public void boot() throws ErrnoException {
        machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 14, AdapterMode.CCA))
                .usageDomains(ApMask.of(4, 71, 255))
                .build();
        ApPlatform platform = machine.platform();
        guest = nested(platform);
        for (int i = 0; i < level; i++) {
            guest = nested(platform);
            platform = guest.platform();
        }
        instructions = platform.instructions();
    }

    private static KvmGuest nested(ApPlatform host) throws ErrnoException {
        KvmGuest made = new KvmGuest(host);
        made.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        made.lock().lock();
        try {
            made.setMasks(ApMask.of(5, 6), ApMask.of(4, 71, 255), ApMask.of(4));
        } finally {
            made.lock().unlock();
        }
        return made;
    }

    private int pqap(long gr0) {
        regs.gr(0, gr0);
        regs.gr(1, 0);
        regs.gr(2, 0);
        return instructions.pqap(regs, storage) + regs.low(1);
    }

    /** TAPQ of a queue that the guest owns. */
    @Benchmark
    public int tapq() {
        return pqap(0x0080_0547);
    }

    /** TAPQ of a queue that the guest does not own. */
    @Benchmark
    public int tapqOutsideTheMatrix() {
        return pqap(0x0080_0748);
    }

    /** QCI: the machine's answer, restricted by each level. */
    @Benchmark
    public int qci() {
        return pqap(0x0400_0000);
    }

    /** NQAP of a short message and DQAP of its reply, both of which the machine computes. */
    @Benchmark
    public int nqapAndDqap() {
        regs.gr(0, 0x4000_0547);
        regs.gr(1, 0);
        regs.gr(4, 0);
        regs.gr(5, 64);
        instructions.nqap(regs, storage, 2, 4);
        regs.gr(0, 0x8000_0547L);
        regs.gr(2, 0);
        regs.gr(6, 0x200);
        regs.gr(7, 0x800);
        return instructions.dqap(regs, storage, 4, 6);
    }

    /** A change of the masks: blocks entry, waits for the CPUs, writes. */
    @Benchmark
    public void setMasks() {
        guest.lock().lock();
        try {
            guest.setMasks(ApMask.ALL, ApMask.ALL, ApMask.ALL);
        } finally {
            guest.lock().unlock();
        }
    }
}

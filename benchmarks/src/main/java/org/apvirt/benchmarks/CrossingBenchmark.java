// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.hw.NativeInstructions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What an instruction costs before the instruction itself, in nanoseconds: through JNI the crossing into C and back, in a
 * simulated guest the way into SIE and out again; beside a call that does nothing.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CrossingBenchmark {
    private final AtomicInteger state = new AtomicInteger();
    private int number;

    /** Into C and back. */
    @Benchmark
    public int jni() {
        return NativeInstructions.crossing(number++);
    }

    /** The same without a crossing. */
    @Benchmark
    public int java() {
        return number++;
    }

    /** The least that says to another thread that a CPU is in SIE, and then that it is not: no instruction is under way. */
    @Benchmark
    public int enterAndLeave() {
        boolean entered = state.compareAndSet(0, 1);
        state.setRelease(0);
        return entered ? number++ : -1;
    }
}

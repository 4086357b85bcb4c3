// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.hw.NativeInstructions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What an instruction through JNI costs before the instruction itself, in nanoseconds: the crossing into C and back,
 * beside a call that stays in Java.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CrossingBenchmark {
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
}

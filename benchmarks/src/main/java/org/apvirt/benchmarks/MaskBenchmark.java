// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApMask;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Operations on 256-bit masks, in nanoseconds each. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MaskBenchmark {
    /** How many ids are in each mask. */
    @Param({"2", "200"})
    public int ids;

    private ApMask left = ApMask.NONE;
    private ApMask right = ApMask.NONE;
    private final byte[] block = new byte[64];

    /** Two masks that share one id. */
    @org.openjdk.jmh.annotations.Setup
    public void fill() {
        left = ApMask.range(0, ids - 1);
        right = ApMask.range(256 - ids, 255).with(0);
    }

    /** Is an id in the mask? */
    @Benchmark
    public boolean contains() {
        return left.contains(ids >> 1);
    }

    /** Do two masks share an id? */
    @Benchmark
    public boolean intersects() {
        return left.intersects(right);
    }

    /** The ids in both. */
    @Benchmark
    public ApMask and() {
        return left.and(right);
    }

    /** A walk over all ids. */
    @Benchmark
    public int iterate() {
        int sum = 0;
        for (int id = left.next(0); id >= 0; id = left.next(id + 1)) {
            sum += id;
        }
        return sum;
    }

    /** To bytes and back. */
    @Benchmark
    public ApMask storeAndLoad() {
        left.storeTo(block, 8);
        return ApMask.load(block, 8);
    }

    /** To the text of sysfs. */
    @Benchmark
    public String print() {
        return left.toString();
    }
}

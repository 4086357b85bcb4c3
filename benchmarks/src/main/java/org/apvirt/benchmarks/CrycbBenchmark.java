// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sie.ShadowCrycb;
import org.apvirt.sie.SieBlock;
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

/** Writing, reading and shadowing a CRYCB. Result: nanoseconds per operation; with {@code -prof gc} also bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CrycbBenchmark {
    private static final int ORIGINAL = 0x2800;

    /** Format of the block. */
    @Param({"FORMAT_1", "FORMAT_2"})
    public CrycbFormat format;

    private final ArrayStorage memory = new ArrayStorage(0x4000);
    private final Crycb crycb = Crycb.at(memory.array(), ORIGINAL);
    private final Crycb hostCrycb = Crycb.at(new byte[Crycb.LENGTH], 0);
    private final SieBlock original = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final SieBlock host = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final SieBlock shadow = SieBlock.at(new byte[SieBlock.LENGTH], 0);
    private final ShadowCrycb shadowCrycb = new ShadowCrycb(0x7fff_0000);
    private final ApMask apm = ApMask.of(1, 5, 17, 200);
    private final ApMask aqm = ApMask.of(4, 6, 71, 255);
    private final ApMask adm = ApMask.of(4, 6);
    private int qid;

    /** Fills the blocks of both levels. */
    @Setup
    public void fill() {
        crycb.apcb(format).masks(apm, aqm, adm);
        hostCrycb.apcb(format).masks(ApMask.ALL, aqm, adm);
        original.eca(SieBlock.ECA_APIE);
        original.ecb3(SieBlock.ECB3_AES | SieBlock.ECB3_DEA);
        original.crycbd(ORIGINAL | format.bits());
        host.eca(SieBlock.ECA_APIE);
        host.ecb3(SieBlock.ECB3_AES | SieBlock.ECB3_DEA);
        host.crycbd(0x0010_0800 | format.bits());
    }

    /** Stores three masks. */
    @Benchmark
    public void encode() {
        crycb.apcb(format).masks(apm, aqm, adm);
    }

    /** Reads three masks. */
    @Benchmark
    public int decode() {
        return crycb.apcb(format).apm().count() + crycb.apcb(format).aqm().count() + crycb.apcb(format).adm().count();
    }

    /** Looks one queue up in the bytes; all 65,536 in turn. */
    @Benchmark
    public boolean grants() {
        return crycb.apcb(format).grants(qid++ & 0xffff);
    }

    /** Builds the shadow of a nested guest, key masks included. */
    @Benchmark
    public int shadow() {
        return shadowCrycb.build(shadow, original, host, hostCrycb, true, memory);
    }
}

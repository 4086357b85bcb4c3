// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsFile;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.vfioap.ApMatrix;
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
 * Is a queue free? Nanoseconds for assigning an adapter to an mdev and taking it away again, through its attribute
 * files, while other mdevs hold one APQN each; and for comparing one matrix with all others, as the kernel does for each
 * such assignment.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgs = "-Xmx2g")
@State(Scope.Thread)
public class AssignmentBenchmark {
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create";
    private static final int OWN_APID = 250;
    private static final int OWN_APQI = 7;

    @Param({"10", "1000", "10000"})
    private int mdevs;

    private final List<ApMatrix> others = new ArrayList<>();
    private SysfsFile assign = new Nothing();
    private SysfsFile unassign = new Nothing();

    /** Stands where the files come before they exist. */
    private static final class Nothing implements SysfsFile {
        @Override
        public int mode() {
            return 0;
        }

        @Override
        public String show() {
            return "";
        }

        @Override
        public void store(String text) {}
    }

    /** Makes the mdevs. */
    @Setup
    public void create() throws ErrnoException {
        VirtualTime time = new VirtualTime();
        Host host = Host.boot(Machines.of(1, 1, time), HostOptions.of(Level.LINUX_6_12));
        host.write("/sys/bus/ap/apmask", "0x0");
        for (int i = 0; i < mdevs; i++) {
            String path = create(host, i);
            int apid = i % 200;
            int apqi = i / 200;
            host.write(path + "assign_adapter", String.valueOf(apid));
            host.write(path + "assign_domain", String.valueOf(apqi));
            others.add(new ApMatrix(ApMask.of(apid), ApMask.of(apqi), ApMask.NONE));
        }
        String path = create(host, mdevs);
        host.write(path + "assign_domain", String.valueOf(OWN_APQI));
        assign = (SysfsFile) host.files().node(path + "assign_adapter");
        unassign = (SysfsFile) host.files().node(path + "unassign_adapter");
    }

    private static String create(Host host, int number) throws ErrnoException {
        String uuid = String.format("%08x-0000-0000-0000-000000000000", number);
        host.write(TYPE, uuid);
        return "/sys/devices/vfio_ap/matrix/" + uuid + '/';
    }

    /** Assigns and unassigns: checked against everything that any other mdev holds. */
    @Benchmark
    public void assignAndUnassign() throws ErrnoException {
        assign.store(String.valueOf(OWN_APID));
        unassign.store(String.valueOf(OWN_APID));
    }

    /** Only the comparison with all other mdevs. */
    @Benchmark
    public boolean walkAllMdevs() {
        ApMask apm = ApMask.of(OWN_APID);
        ApMask aqm = ApMask.of(OWN_APQI);
        boolean free = true;
        for (ApMatrix other : others) {
            free &= !(other.apm().intersects(apm) && other.aqm().intersects(aqm));
        }
        return free;
    }
}

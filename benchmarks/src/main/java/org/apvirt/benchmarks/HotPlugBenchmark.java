// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.Kvm;
import org.apvirt.kvm.KvmVm;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioGroupFile;
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

/**
 * An adapter with 256 domains is plugged into the machine and reaches a running guest at the end of the scan, then it is
 * unplugged again: milliseconds for both scans together.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgs = "-Xmx2g")
@State(Scope.Thread)
public class HotPlugBenchmark {
    private static final String UUID = "62177880-f1bb-47f0-914d-32a22e3a8804";
    private static final String MDEV = "/sys/devices/vfio_ap/matrix/" + UUID;
    private static final int ADAPTER = 7;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = Machines.of(2, 256, time);
    private final Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
    private final KvmVm vm = Kvm.of(host.kernel()).createVm(1, 10);

    /** Starts the guest. */
    @Setup
    public void start() throws ErrnoException {
        host.write("/sys/bus/ap/apmask", "0x0");
        host.write("/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create", UUID);
        host.write(MDEV + "/ap_config", "0xff," + "f".repeat(64) + ",0");
        VfioGroupFile group = (VfioGroupFile) host.files().open("/dev/vfio/0", true, true);
        VfioContainer container = new VfioContainer(host.kernel());
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1);
        KvmVfioDevice.of(vm).add(group);
        group.device(UUID);
    }

    /** Plugs and unplugs. */
    @Benchmark
    public boolean plugAndUnplug() throws ErrnoException {
        machine.addAdapter(AdapterSpec.of(ADAPTER, 11, AdapterMode.CCA));
        host.write("/sys/bus/ap/scans", "1");
        boolean plugged = vm.guest().crycb().apcb1().apm().contains(ADAPTER);
        machine.removeAdapter(ADAPTER);
        host.write("/sys/bus/ap/scans", "1");
        if (!plugged || vm.guest().crycb().apcb1().apm().contains(ADAPTER)) {
            throw new IllegalStateException("the guest did not follow");
        }
        return plugged;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;
import org.apvirt.device.ErrnoException;
import org.apvirt.kvm.KvmCpu;
import org.apvirt.kvm.KvmVm;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioDeviceFile;
import org.apvirt.vfio.VfioGroupFile;

/** What QEMU does to give an mdev to a guest, and a CPU of that guest. */
final class RunningGuest implements AutoCloseable {
    final KvmVm vm;
    final KvmVfioDevice vfio;
    final VfioContainer container;
    final VfioGroupFile group;
    final VfioDeviceFile device;
    final KvmCpu cpu;
    private final ApRegisters registers = new ApRegisters();

    RunningGuest(TestSystem system, String uuid) throws ErrnoException {
        this(system, uuid, system.kvm.createVm(1, 10));
    }

    RunningGuest(TestSystem system, String uuid, KvmVm vm) throws ErrnoException {
        this.vm = vm;
        group = (VfioGroupFile) system.open("vfio/" + groupOf(system, uuid));
        container = (VfioContainer) system.open("vfio/vfio");
        vfio = KvmVfioDevice.of(vm);
        try {
            group.setContainer(container);
            container.setIommu(VfioContainer.TYPE1V2);
            container.mapDma(0, 0x10_0000);
            vfio.add(group);
            device = group.device(uuid);
        } catch (ErrnoException e) {
            vfio.close();
            group.close();
            container.close();
            vm.close();
            throw e;
        }
        vm.guest().cpuModel(Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI, Facilities.MSA3));
        vm.guest().setAttribute(2, 4); // KVM_S390_VM_CRYPTO, ENABLE_APIE
        cpu = vm.guest().newCpu();
    }

    static String groupOf(TestSystem system, String uuid) {
        String target = ((org.apvirt.device.SysfsLink) system.node(TestSystem.MATRIX + uuid + "/iommu_group")).target();
        return target.substring(target.lastIndexOf('/') + 1);
    }

    /** Issues TAPQ inside the guest and returns the response code. */
    int tapq(int apid, int apqi) {
        registers.gr(0, new Apqn(apid, apqi).qid());
        registers.gr(1, 0);
        registers.gr(2, 0);
        cpu.pqap(registers, new ArrayStorage(0));
        return ApQueueStatus.responseCode(registers.low(1));
    }

    /** Issues AQIC inside the guest and returns the response code. */
    int aqic(int apid, int apqi, long control, long nib) {
        registers.gr(0, (long) Pqap.AQIC << Pqap.FC_SHIFT | new Apqn(apid, apqi).qid());
        registers.gr(1, control);
        registers.gr(2, nib);
        cpu.pqap(registers, new ArrayStorage(0));
        return ApQueueStatus.responseCode(registers.low(1));
    }

    @Override
    public void close() {
        device.close();
        vfio.close();
        group.close();
        container.close();
        vm.close();
    }
}

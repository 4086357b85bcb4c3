// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.nio.ByteBuffer;
import java.util.List;

import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Pqap;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.kvm.KvmVm;
import org.apvirt.vfio.Iommufd;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioCdevFile;
import org.apvirt.vfio.VfioQuirk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Address spaces of an iommufd: what may be unmapped of them, and who is told. */
class IommufdTest {
    private static final int ALLOC = 0x3b81;
    private static final int MAP = 0x3b85;
    private static final int UNMAP = 0x3b86;
    private static final int FIXED = 7; // readable, writable, at the IOVA that is asked for

    private final TestSystem.Files files = new TestSystem.Files();
    private TestSystem system;
    private Iommufd iommufd; // descriptor 7
    private int space;

    @BeforeEach
    void anAddressSpaceWithOneMapping() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_7_2, VfioQuirk.DEVICE_CDEV);
        iommufd = (Iommufd) system.open("iommu");
        files.install(iommufd);
        space = iommufd.allocate();
        iommufd.map(space, 0x1000, 0x2000);
    }

    private int ioctl(int request, ByteBuffer block) throws ErrnoException {
        return iommufd.ioctl(request, new IoctlArgument(0, block.array(), files));
    }

    private long unmap(long iova, long length) throws ErrnoException {
        ByteBuffer block = ByteBuffer.allocate(24).putInt(24).putInt(space).putLong(iova).putLong(length);
        assertEquals(0, ioctl(UNMAP, block));
        return block.getLong(16);
    }

    @ParameterizedTest
    @CsvSource({"0, 0x1000, ENOENT", "0x3000, 0x1000, ENOENT", "0x4000, 0x1000, ENOENT", "0x1000, 0x1000, ENOENT",
            "0x2000, 0x1000, ENOENT", "0x2000, 0x2000, ENOENT", "0, 0x2000, ENOENT", "0x1000, 0, EINVAL",
            "0x1000, -1, EOVERFLOW", "0, -2, EOVERFLOW", "-0x1000, 0x2000, EOVERFLOW",
            "0x7ffffffffffff000, 0x1000, EOVERFLOW"})
    void unmappingLeavesAloneWhatItDoesNotTakeWhole(String iova, String length, Errno errno) throws ErrnoException {
        assertEquals(errno,
                assertThrows(ErrnoException.class, () -> unmap(Long.decode(iova), Long.decode(length))).errno());
        assertEquals(0x2000, unmap(0, -1), "the mapping is there");
        assertEquals(0, unmap(0, -1));
    }

    @ParameterizedTest
    @CsvSource({"0x1000, 0x2000", "0, 0x3000", "0, 0x10000", "0x1000, 0x5000"})
    void unmappingTellsHowManyBytesItTook(String iova, String length) throws ErrnoException {
        assertEquals(0x2000, unmap(Long.decode(iova), Long.decode(length)));
        iommufd.map(space, 0x1000, 0x2000);
    }

    @Test
    void flagsThatAreNotKnownAreRefused() {
        ByteBuffer alloc = ByteBuffer.allocate(12).putInt(12).putInt(1);
        assertEquals(Errno.EOPNOTSUPP, assertThrows(ErrnoException.class, () -> ioctl(ALLOC, alloc)).errno());
        ByteBuffer map = ByteBuffer.allocate(40).putInt(40).putInt(8 | FIXED).putInt(space).putInt(0).putLong(0)
                .putLong(0x1000).putLong(0x8000);
        assertEquals(Errno.EOPNOTSUPP, assertThrows(ErrnoException.class, () -> ioctl(MAP, map)).errno());
        assertEquals(Errno.ENOTTY, assertThrows(ErrnoException.class, () -> ioctl(0x3b8f, map)).errno());
    }

    /** The byte by which a guest is told of replies lies in what is unmapped: the machine must not write there any more. */
    @Test
    void aDeviceInTheAddressSpaceIsToldWhatIsUnmapped() throws ErrnoException {
        system.create(TestSystem.U1, "5", "4");
        VfioCdevFile device = (VfioCdevFile) system.open("vfio/devices/vfio0");
        KvmVm vm = system.kvm.createVm(1, 10);
        vm.guest().cpuModel(Facilities.of(Facilities.QCI, Facilities.APFT, Facilities.APQI, Facilities.MSA3));
        KvmVfioDevice.of(vm).add(device);
        device.ioctl(0x3b76,
                new IoctlArgument(0, ByteBuffer.allocate(16).putInt(16).putInt(0).putInt(7).array(), files));
        device.ioctl(0x3b77,
                new IoctlArgument(0, ByteBuffer.allocate(12).putInt(12).putInt(0).putInt(space).array(), files));
        vm.guest().setAttribute(2, 4); // KVM_S390_VM_CRYPTO, ENABLE_APIE
        ApRegisters registers = new ApRegisters();
        registers.gr(0, (long) Pqap.AQIC << Pqap.FC_SHIFT | new Apqn(5, 4).qid());
        registers.gr(1, Pqap.AQIC_IR | 3);
        registers.gr(2, 0x2000);
        vm.guest().newCpu().pqap(registers, new ArrayStorage(0));
        assertEquals(1, vm.guest().memory().pinnedPages());
        system.forget();
        unmap(0x1000, 0x2000);
        assertEquals(List.of("AQIC 05.0004"), system.instructions);
        assertEquals(0, vm.guest().memory().pinnedPages());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.vfio.Iommufd;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioGroupFile;
import org.apvirt.vfio.VfioQuirk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** What may be mapped for devices: ranges at the ends of addresses and beside each other, in containers and in an iommufd. */
class ContainerMappingsTest {
    private static final long END = -0x1000; // the last page

    private TestSystem system;
    private VfioContainer container;
    private VfioGroupFile group;

    @BeforeEach
    void aContainerWithABackend() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_7_2, VfioQuirk.DEVICE_CDEV);
        system.create(TestSystem.U1);
        group = (VfioGroupFile) system.open("vfio/0");
        container = (VfioContainer) system.open("vfio/vfio");
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
    }

    private static Errno refusal(Executable action) {
        return assertThrows(ErrnoException.class, action).errno();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0x1000, 0", "0x800, 0x1000", "0x1000, 0x800", "-0x1000, 0x2000", "0x1000, -0x800",
            "0x2000, -0x1000"})
    void noWholePagesOrAWrapAreEinval(String iova, String size) {
        assertEquals(Errno.EINVAL, refusal(() -> container.mapDma(Long.decode(iova), Long.decode(size))));
        assertEquals(Errno.EINVAL, refusal(() -> container.unmapDma(Long.decode(iova), Long.decode(size))));
    }

    @Test
    void theLastPageIsAPageAndNeighboursDoNotOverlap() throws ErrnoException {
        container.mapDma(END, 0x1000);
        container.mapDma(0, 0x2000);
        container.mapDma(0x2000, 0x1000);
        for (long[] range : new long[][]{{END, 0x1000}, {0x1000, 0x1000}, {0x1000, 0x2000}, {0x2000, 0x1000},
                {-0x2000, 0x2000}}) {
            assertEquals(Errno.EEXIST, refusal(() -> container.mapDma(range[0], range[1])));
        }
        assertEquals(0, container.unmapDma(0x3000, 0x1000));
        assertEquals(0x1000, container.unmapDma(0x2000, 0x1000));
        assertEquals(0x1000, container.unmapDma(-0x4000, 0x4000));
        assertEquals(0x2000, container.unmapAll());
        assertEquals(0, container.unmapAll());
    }

    @Test
    void aRangeTakesAllMappingsInIt() throws ErrnoException {
        for (long at = 0x1000; at < 0x6000; at += 0x1000) {
            container.mapDma(at, 0x1000);
        }
        assertEquals(0x3000, container.unmapDma(0x2000, 0x3000));
        assertEquals(0x2000, container.unmapDma(0, 0x10000));
    }

    @Test
    void nothingIsMappedBeforeThereIsABackendOrAfterTheLastGroup() throws ErrnoException {
        container.mapDma(0, 0x1000);
        group.close();
        assertEquals(Errno.EINVAL, refusal(() -> container.mapDma(0x1000, 0x1000)));
        assertEquals(Errno.EINVAL, refusal(() -> container.unmapDma(0, 0x1000)));
        assertEquals(Errno.EINVAL, refusal(container::unmapAll));
        assertEquals(Errno.EINVAL, refusal(() -> container.setIommu(VfioContainer.TYPE1V2)));
        VfioGroupFile again = (VfioGroupFile) system.open("vfio/0");
        again.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        assertEquals(0, container.unmapAll(), "the mapping went with the last group");
        assertEquals(Errno.EINVAL, refusal(() -> container.setIommu(VfioContainer.TYPE1V2)));
        again.close();
        container.close();
    }

    @ParameterizedTest
    @CsvSource({"0, 0, EINVAL", "0x800, 0x1000, EINVAL", "0x1000, 0x800, EINVAL", "0, -0x1000, EOVERFLOW",
            "-0x1000, 0x1000, EOVERFLOW", "0x7ffffffffffff000, 0x2000, EOVERFLOW", "0x1000, 0x1000, EEXIST",
            "0, 0x2000, EEXIST",
            "0x2000, 0x1000, EEXIST"})
    void anAddressSpaceRefuses(String iova, String size, Errno errno) throws ErrnoException {
        Iommufd iommufd = (Iommufd) system.open("iommu");
        int space = iommufd.allocate();
        iommufd.map(space, 0x1000, 0x2000);
        iommufd.map(space, 0, 0x1000);
        iommufd.map(space, 0x3000, 0x1000);
        iommufd.map(space, 0x7fffffffffffe000L, 0x1000);
        assertEquals(errno, refusal(() -> iommufd.map(space, Long.decode(iova), Long.decode(size))));
        assertEquals(Errno.ENOENT, refusal(() -> iommufd.map(space + 1, 0x5000, 0x1000)));
        iommufd.close();
    }
}

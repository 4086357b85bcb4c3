// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.HexFormat;
import java.util.Random;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.EventFd;
import org.apvirt.vfio.VfioContainer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class DeviceFileTest {
    private static final int GET_INFO = 0x3b6b;
    private static final int GET_IRQ_INFO = 0x3b6d;
    private static final int SET_IRQS = 0x3b6e;

    private final TestSystem.Files files = new TestSystem.Files();
    private TestSystem system;
    private RunningGuest guest;
    private EventFd eventFd;

    @BeforeEach
    void anOpenDeviceAndAnEventfdWithDescriptor7() throws ErrnoException {
        open(TestLevel.LINUX_6_12);
        eventFd = new EventFd();
        assertEquals(7, files.install(eventFd));
    }

    private void open(TestLevel level) throws ErrnoException {
        system = TestSystem.reserved(level);
        system.create(U1, "5", "4");
        guest = new RunningGuest(system, U1);
    }

    /** Does an ioctl and returns the block afterwards. */
    private String ioctl(OpenFile file, int request, String block) throws ErrnoException {
        byte[] buffer = HexFormat.of().parseHex(block);
        file.ioctl(request, new IoctlArgument(0, buffer, files));
        return HexFormat.of().formatHex(buffer);
    }

    private Errno refusal(int request, String block) {
        return assertThrows(ErrnoException.class, () -> ioctl(guest.device, request, block)).errno();
    }

    @Nested
    class GetInfo {
        @Test
        void fillsSixteenBytesAndLeavesTheRest() throws ErrnoException {
            assertEquals("0000001800000021" + "0000000000000001" + "1122334455667788",
                    ioctl(guest.device, GET_INFO, "00000018ffffffff" + "ffffffffffffffff" + "1122334455667788"));
        }

        @Test
        void ofLinux72HasTwoInterrupts() throws ErrnoException {
            open(TestLevel.LINUX_7_2);
            assertEquals("00000010000000210000000000000002",
                    ioctl(guest.device, GET_INFO, "00000010000000000000000000000000"));
        }

        @Test
        void withASmallerBlockIsEinvalAndWithoutOneEfault() {
            assertEquals(Errno.EINVAL, refusal(GET_INFO, "0000000c000000000000000000000000"));
            assertEquals(Errno.EFAULT, refusal(GET_INFO, "00000010"));
        }
    }

    @Nested
    class SetIrqs {
        @Test
        void takesAnEventfd() throws ErrnoException {
            ioctl(guest.device, SET_IRQS, "000000180000002400000000000000000000000100000007");
            ioctl(guest.device, SET_IRQS, "0000001800000024000000000000000000000001ffffffff");
        }

        @ParameterizedTest
        @CsvSource({"000000130000002400000000000000000000000100000007,EINVAL,argsz",
                "000000180000002400000001000000000000000100000007,EINVAL,index",
                "000000180000006400000000000000000000000100000007,EINVAL,unknown flag",
                "000000180000002400000000000000010000000100000007,EINVAL,start",
                "000000180000002400000000000000000000000200000007,EINVAL,count",
                "000000180000002700000000000000000000000100000007,EINVAL,two types of data",
                "000000180000002000000000000000000000000100000007,EINVAL,no data",
                "000000180000002100000000000000000000000100000007,EINVAL,data none",
                "000000180000002200000000000000000000000100000007,EINVAL,data bool",
                "000000180000001400000000000000000000000100000007,EINVAL,unmask",
                "000000140000002400000000000000000000000100000007,EINVAL,no room for the data",
                "000000180000002400000000000000000000000100000063,EBADF,no such descriptor",
                "0000001800000024000000000000000000000001fffffffe,EINVAL,below -1"})
        void inAnyWrongFormIsRefused(String block, Errno errno, String why) {
            assertEquals(errno, refusal(SET_IRQS, block), why);
        }

        @Test
        void ofSomethingThatIsNoEventfdIsEinval() {
            assertEquals(8, files.install(guest.device));
            assertEquals(Errno.EINVAL, refusal(SET_IRQS, "000000180000002400000000000000000000000100000008"));
        }
    }

    @Test
    void interruptInfoIsGivenForExistingInterruptsOnly() throws ErrnoException {
        assertEquals("00000010000000010000000000000001",
                ioctl(guest.device, GET_IRQ_INFO, "00000010000000000000000000000000"));
        assertEquals(Errno.EINVAL, refusal(GET_IRQ_INFO, "00000010000000000000000100000000"));
    }

    @Test
    void regionInfoDiffersBetweenReleases() throws ErrnoException {
        assertEquals(Errno.EOPNOTSUPP, refusal(0x3b6c, "00".repeat(32)));
        open(TestLevel.LINUX_7_2);
        assertEquals(Errno.EINVAL, refusal(0x3b6c, "00".repeat(32)));
    }

    @ParameterizedTest
    @CsvSource({"0000000800000001, ENOTTY", "0000000800010001, ENOTTY", "0000000800070001, ENOTTY",
            "0000000800030001, EINVAL", "0000000800080001, EINVAL", "0000000880000000, EINVAL",
            "0000000700000001, EINVAL"})
    void thereIsNoFeatureButItsFlagsAreChecked(String block, Errno errno) {
        assertEquals(errno, refusal(0x3b75, block));
    }

    @Test
    void whatBelongsToTheDeviceCdevIsNotThereButAsTheKernelSaysIt() {
        assertEquals(Errno.ENOTTY, refusal(0x3b76, "00".repeat(16)), "bind to an iommufd");
        assertEquals(Errno.EOPNOTSUPP, refusal(0x3b77, "00".repeat(16)), "attach");
    }

    @Test
    void theKvmDeviceTakesGroupsAndTellsNothing() {
        assertEquals(8, files.install(guest.container));
        String add = "00000000" + "00000001" + "0000000000000001" + "0000000000000000" + "00000008";
        String del = "00000000" + "00000001" + "0000000000000002" + "0000000000000000" + "00000008";
        assertEquals(Errno.EINVAL,
                assertThrows(ErrnoException.class, () -> ioctl(guest.vfio, 0x4018aee1, add)).errno());
        assertEquals(Errno.ENOENT,
                assertThrows(ErrnoException.class, () -> ioctl(guest.vfio, 0x4018aee1, del)).errno());
        assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> ioctl(guest.vfio, 0x4018aee2, add)).errno());
        assertEquals(Errno.ENOTTY,
                assertThrows(ErrnoException.class, () -> ioctl(guest.vfio, 0x4018aee4, add)).errno());
    }

    @Test
    void aGroupInAContainerTakesNoOtherFile() {
        assertEquals(8, files.install(guest.device));
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                () -> ioctl(guest.group, 0x3b68, "00000008")).errno());
    }

    @Test
    void randomBlocksAreAnsweredOrRefusedButNeverBreakAnything() throws ErrnoException {
        Random random = new Random(11);
        OpenFile[] targets = {guest.device, guest.group, guest.container, guest.vm, guest.vfio};
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] block = new byte[random.nextInt(40)];
            random.nextBytes(block);
            if (block.length > 3 && random.nextBoolean()) {
                block[0] = block[1] = block[2] = 0; // a plausible size
            }
            int request = 0x3b60 + random.nextInt(0x20);
            try {
                targets[random.nextInt(targets.length)].ioctl(request, new IoctlArgument(0, block, files));
            } catch (ErrnoException e) {
                refused++;
            }
        }
        assertEquals(true, refused > 10_000 && refused < 20_000, refused + " refused");
        assertEquals("00000010000000210000000000000001",
                ioctl(guest.device, GET_INFO, "00000010000000000000000000000000"));
    }

    @Nested
    class AContainer {
        @Test
        void refusesMappingsThatOverlapOrCutOthers() throws ErrnoException {
            VfioContainer container = guest.container; // 0..1 MiB is mapped
            assertEquals(Errno.EEXIST,
                    assertThrows(ErrnoException.class, () -> container.mapDma(0xf_f000, 0x2000)).errno());
            assertEquals(Errno.EINVAL,
                    assertThrows(ErrnoException.class, () -> container.unmapDma(0x1000, 0x1000)).errno());
            assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> container.mapDma(1, 0x1000)).errno());
            container.mapDma(0x10_0000, 0x1000);
            assertEquals(0x10_1000, container.unmapAll());
        }

        @ParameterizedTest(name = "{0}, {1} bytes")
        @CsvSource({"0x1000, 0xff000", "0, 0xff000", "0, 0x1000", "0xff000, 0x1000", "0xff000, 0x2000"})
        void refusesToCutAMappingAtItsStartOrAtItsEnd(String iova, String size) throws ErrnoException {
            VfioContainer container = guest.container; // 0..1 MiB is mapped
            assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                    () -> container.unmapDma(Long.decode(iova), Long.decode(size))).errno());
            assertEquals(0x10_0000, container.unmapDma(0, 0x20_0000), "nothing was unmapped by the refusal");
        }

        @Test
        void ofTheFirstVersionUnmapsWholeMappingsFromTheStartOfTheRangeOn() throws ErrnoException {
            guest.device.close();
            guest.group.unsetContainer();
            VfioContainer container = (VfioContainer) system.open("vfio/vfio");
            guest.group.setContainer(container);
            container.setIommu(VfioContainer.TYPE1);
            container.mapDma(0x1000, 0x2000);
            container.mapDma(0x4000, 0x2000);

            assertEquals(0, container.unmapDma(0x2000, 0x3000), "begins inside a mapping");
            assertEquals(0x4000, container.unmapDma(0, 0x5000), "ends inside a mapping");
            assertEquals(0, container.unmapAll());
        }

        @Test
        void withoutAGroupHasNoIommu() throws ErrnoException {
            VfioContainer container = (VfioContainer) system.open("vfio/vfio");
            assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> container.setIommu(1)).errno());
        }

        @ParameterizedTest
        @CsvSource({"0,false,false", "1,true,true", "2,false,false", "3,true,true", "4,false,true", "5,false,false",
                "6,true,true", "7,false,false", "8,false,false", "9,true,true", "10,false,false", "11,false,false"})
        void hasTheExtensionsOfTypeOne(int extension, boolean before, boolean withBackend) throws ErrnoException {
            VfioContainer empty = (VfioContainer) system.open("vfio/vfio");
            assertEquals(before, empty.hasExtension(extension));
            assertEquals(withBackend, guest.container.hasExtension(extension));
        }

        @Test
        void ofLinux72HasNoNestingVersion() throws ErrnoException {
            open(TestLevel.LINUX_7_2);
            assertEquals(false, guest.container.hasExtension(6));
        }

        @ParameterizedTest
        @CsvSource({"9, EINVAL", "8, ENODEV", "4, ENODEV", "10, ENODEV", "0, ENODEV", "-1, ENODEV"})
        void takesOnlyABackend(long type, Errno errno) throws ErrnoException {
            guest.device.close();
            guest.group.unsetContainer();
            VfioContainer container = (VfioContainer) system.open("vfio/vfio");
            guest.group.setContainer(container);
            assertEquals(errno, assertThrows(ErrnoException.class, () -> container.setIommu(type)).errno());
        }

        @ParameterizedTest
        @CsvSource({"3b71, 00000020000000030000000000000800 0000000001000000 0000000000001000, EINVAL, an odd address",
                "3b71, 000000200000000b0000000000000000 0000000001000000 0000000000001000, EINVAL, an unknown flag",
                "3b71, 00000020000000070000000000000000 0000000001000000 0000000000001000, EINVAL, access and new address",
                "3b71, 00000020000000040000000000000000 0000000001000000 0000000000001000, ENOENT, nothing to update",
                "3b71, 00000020000000040000000000000000 0000000000000000 0000000000001000, EINVAL, not invalidated",
                "3b72, 0000001800000004 0000000000000000 0000000000001000, EBUSY, addresses are in use",
                "3b72, 0000001800000005 0000000000000000 0000000000001000, EINVAL, dirty bitmap of what is kept",
                "3b72, 0000001800000002 0000000000001000 0000000000000000, EINVAL, all but from an address",
                "3b75, 0000001000000001 0000000000000000, EINVAL, pages are not tracked"})
        void refusesOtherForms(String request, String block, Errno errno, String why) {
            assertEquals(errno, assertThrows(ErrnoException.class, () -> ioctl(guest.container,
                    Integer.parseInt(request, 16), block.replace(" ", ""))).errno(), why);
        }
    }

    @Nested
    class AnEventfd {
        @Test
        void countsSignalsUntilItIsRead() throws ErrnoException {
            eventFd.signal();
            eventFd.signal();
            assertArrayEquals(new byte[]{0, 0, 0, 0, 0, 0, 0, 2}, eventFd.read(8));
            assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, () -> eventFd.read(8)).errno());
        }
    }
}

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
    private RunningGuest guest;
    private EventFd eventFd;

    @BeforeEach
    void anOpenDeviceAndAnEventfdWithDescriptor7() throws ErrnoException {
        open(TestLevel.LINUX_6_12);
        eventFd = new EventFd();
        assertEquals(7, files.install(eventFd));
    }

    private void open(TestLevel level) throws ErrnoException {
        TestSystem system = TestSystem.reserved(level);
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

        @Test
        void withoutAGroupHasNoIommu() {
            assertEquals(Errno.EINVAL,
                    assertThrows(ErrnoException.class, () -> new VfioContainer().setIommu(1)).errno());
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

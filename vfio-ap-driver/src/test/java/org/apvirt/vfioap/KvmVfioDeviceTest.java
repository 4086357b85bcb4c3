// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.nio.ByteBuffer;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.kvm.KvmVm;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioGroupFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Which group a virtual machine uses, and how long each keeps the other. */
class KvmVfioDeviceTest {
    private static final int SET = 0x4018aee1;
    private static final int GET = 0x4018aee2;
    private static final int HAS = 0x4018aee3;

    private final TestSystem.Files files = new TestSystem.Files();
    private TestSystem system;
    private KvmVm vm;
    private KvmVfioDevice vfio;
    private VfioGroupFile group; // descriptor 7
    private VfioContainer container; // descriptor 8

    @BeforeEach
    void aGroupReadyToBeUsed() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_7_2);
        system.create(TestSystem.U1, "5", "4");
        vm = system.kvm.createVm(1, 10);
        vfio = KvmVfioDevice.of(vm);
        group = (VfioGroupFile) system.open("vfio/0");
        container = (VfioContainer) system.open("vfio/vfio");
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        files.install(group);
        files.install(container);
        system.forget();
    }

    private static Errno refusal(Executable action) {
        return assertThrows(ErrnoException.class, action).errno();
    }

    /** Issues an ioctl with struct kvm_device_attr, and the descriptor behind its pointer. */
    private int ioctl(int request, int attrGroup, long attr, int descriptor) throws ErrnoException {
        byte[] block = ByteBuffer.allocate(28).putInt(0).putInt(attrGroup).putLong(attr).putLong(0).putInt(descriptor)
                .array();
        return vfio.ioctl(request, new IoctlArgument(0, block, files));
    }

    @Test
    void isTheOnlyOneOfItsMachineEvenAfterItIsClosed() {
        assertEquals(Errno.EBUSY, refusal(() -> KvmVfioDevice.of(vm)));
        vfio.close();
        assertEquals(Errno.EBUSY, refusal(() -> KvmVfioDevice.of(vm)));
    }

    @Test
    void keepsItsMachineUntilBothAreClosed() {
        vm.close();
        assertTrue(system.uevents.isEmpty(), system.uevents::toString);
        vfio.close();
        assertEquals(1, system.uevents.size(), "the virtual machine is gone");
    }

    @Test
    void keepsAGroupOpenThatItKnows() throws ErrnoException {
        vfio.add(group);
        group.close();
        assertEquals(Errno.EBUSY, refusal(() -> system.open("vfio/0")));
        vfio.remove(group);
        system.open("vfio/0").close();
    }

    @Test
    void leavesTheGroupsThatItKnewWhenItIsClosed() throws ErrnoException {
        vfio.add(group);
        group.close();
        vfio.close();
        system.open("vfio/0").close();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aGroupThatItKnowsNoMoreOpensNoDeviceForTheMachine(boolean closed) throws ErrnoException {
        vfio.add(group);
        group.device(TestSystem.U1).close();
        if (closed) {
            vfio.close();
        } else {
            vfio.remove(group);
        }
        assertEquals(Errno.EINVAL, refusal(() -> group.device(TestSystem.U1)));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 7, EEXIST", "1, 1, 8, EINVAL", "1, 1, 9, EBADF", "1, 2, 8, ENOENT", "1, 2, -1, EBADF",
            "1, 3, 7, ENXIO",
            "1, 0, 7, ENXIO", "2, 1, 7, ENXIO", "0, 2, 7, ENXIO"})
    void refusesWhatIsNoneOfItsAttributes(int attrGroup, long attr, int descriptor, Errno errno) throws ErrnoException {
        assertEquals(0, ioctl(SET, 1, 1, 7));
        assertEquals(errno, refusal(() -> ioctl(SET, attrGroup, attr, descriptor)));
        assertEquals(0, ioctl(SET, 1, 2, 7));
        assertEquals(Errno.ENOENT, refusal(() -> ioctl(SET, 1, 2, 7)));
    }

    @Test
    void tellsWhichAttributesThereAreAndDoesNothing() throws ErrnoException {
        assertEquals(0, ioctl(HAS, 1, 1, 99));
        assertEquals(0, ioctl(HAS, 1, 2, 99));
        assertEquals(Errno.ENXIO, refusal(() -> ioctl(HAS, 1, 3, 7)));
        assertEquals(Errno.EPERM, refusal(() -> ioctl(GET, 1, 1, 7)));
        assertEquals(Errno.ENOTTY, refusal(() -> ioctl(SET + 3, 1, 1, 7)));
        assertEquals(Errno.ENOENT, refusal(() -> ioctl(SET, 1, 2, 7)), "nothing was added");
    }
}

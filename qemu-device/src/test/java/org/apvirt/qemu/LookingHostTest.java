// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.host.BuildOption;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.OTHER;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;

/** A host that is looked at: what a guest would be refused is told, and nothing is opened, made or reset. */
class LookingHostTest {
    private static final String DEVICE = TestHost.device(MATRIX + UUID);
    private static final String BUSY = "Could not open '/dev/vfio/0': Device or resource busy";

    private TestHost test;
    private KernelLook look;

    @BeforeEach
    void aHostWithDeviceNodes() throws Exception {
        test = TestHost.withMdev(HostOptions.of(Level.LINUX_7_2).builtWith(Set.of(BuildOption.VFIO_DEVICE_CDEV)));
        look = new KernelLook(test.host.kernel(), test.files::getPath);
    }

    private QemuCheck check(String... arguments) {
        return QemuCheck.of(QemuHost.kvm(test.cpu(QemuVersion.V11), look), TestHost.words(arguments));
    }

    @Test
    void aGuestThatWouldStartIsSilentAndTheDeviceStaysFree() throws Exception {
        List<Integer> asked = new ArrayList<>();
        try (AutoCloseable listener = test.machine.onInstruction((function, qid, code) -> asked.add(function))) {
            for (int i = 0; i < 2; i++) {
                assertEquals(new QemuCheck(List.of(), List.of(), 0), check("-device", DEVICE));
                assertEquals(new QemuCheck(List.of(), List.of(), 0),
                        check("-object", "iommufd,id=i", "-device", DEVICE + ",iommufd=i"));
            }
        }
        assertEquals(List.of(), asked, "no queue was reset");
        test.start(QemuVersion.V11, "-device", DEVICE).close();
        assertNull(look.createVm());
    }

    @Test
    void aDeviceThatAnotherHasIsToldInBothWays() throws Exception {
        try (S390Machine other = test.start(QemuVersion.V11, "-device", DEVICE)) {
            assertEquals(List.of("qemu-system-s390x: -device " + DEVICE + ": vfio " + UUID + ": " + BUSY),
                    check("-device", DEVICE).messages());
            QemuCheck cdev = check("-object", "iommufd,id=i", "-device", DEVICE + ",iommufd=i");
            assertEquals(List.of("qemu-system-s390x: -device " + DEVICE + ",iommufd=i: vfio " + UUID
                    + ": error bind device to iommufd: Device or resource busy"), cdev.messages());
            QemuHost real = test.qemu(QemuVersion.V11);
            assertEquals(cdev, QemuCheck.of(real, TestHost.words("-object", "iommufd,id=i", "-device",
                    DEVICE + ",iommufd=i")), "as who opens it is told");
            assertNotNull(other.guest());
        }
    }

    @Test
    void aPathThatIsNoMediatedDeviceIsToldInBothWays() {
        String device = TestHost.device(MATRIX + OTHER);
        String message = "qemu-system-s390x: -device " + device;
        String missing = ": vfio " + MATRIX + OTHER + ": no such host device: No such file or directory";
        assertEquals(List.of(message + missing), check("-device", device).messages());
        assertEquals(List.of(message + ",iommufd=i" + missing),
                check("-object", "iommufd,id=i", "-device", device + ",iommufd=i").messages());
    }

    @Test
    void whatANodeAnswersIsWhatOpeningItAnswers() throws Exception {
        try (OpenFile group = test.access().open("/dev/vfio/0")) {
            assertEquals(Errno.EBUSY, refusal(look, "/dev/vfio/0"));
            assertNotNull(group);
        }
        for (int i = 0; i < 2; i++) { // what was looked at is not held
            OpenFile seen = look.open("/dev/vfio/0");
            assertEquals(Errno.ENOTTY, assertThrows(ErrnoException.class,
                    () -> seen.ioctl(0, mock(IoctlArgument.class))).errno());
        }
        assertEquals(Errno.ENOENT, refusal(look, "/dev/vfio/9"));
        assertEquals(Errno.ENOENT, refusal(look, "/etc/passwd"));
        assertEquals(Errno.EISDIR, refusal(look, "/dev/vfio"));
        assertEquals(Errno.ENOENT, refusal(look, "/dev/vfio/0/0"));
    }

    @Test
    void theComputerItselfIsOnlyLookedAt(@TempDir Path directory) throws Exception {
        RealHostAccess real = new RealHostAccess();
        assertTrue(real.looksOnly());
        assertEquals(directory, real.path(directory.toString()));
        Path node = Files.createFile(directory.resolve("node"));
        assertEquals(Errno.ENOENT, refusal(real, directory.resolve("other").toString()));
        assertNotNull(real.open(node.toString()));
    }

    private static Errno refusal(HostAccess access, String node) {
        return assertThrows(ErrnoException.class, () -> access.open(node)).errno();
    }
}

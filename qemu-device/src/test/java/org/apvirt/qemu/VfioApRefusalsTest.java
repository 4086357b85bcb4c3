// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.junit.jupiter.api.Test;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.OTHER;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the device is refused with, in the words of QEMU. */
class VfioApRefusalsTest {
    private static ApMask adapters(S390Machine machine) {
        KvmGuest guest = machine.guest();
        assertNotNull(guest);
        return guest.crycb().apcb1().apm();
    }

    private List<String> said(String argument, String message) {
        return List.of("qemu-system-s390x: -device " + argument + ": " + message);
    }

    @Test
    void aPathThatIsNotThere() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String argument = TestHost.device("/sys/nothing");
        assertEquals(said(argument, "vfio /sys/nothing: no such host device: No such file or directory"),
                test.refusal(QemuVersion.V10_2, "-device", argument));
        assertEquals(said("vfio-ap,sysfsdev=",
                "vfio : no such host device: No such file or directory"),
                test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,sysfsdev="));
    }

    @Test
    void noPathAtAll() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        assertEquals(said("vfio-ap", "vfio (null): no such host device: Bad address"),
                test.refusal(QemuVersion.V10_2, "-device", "vfio-ap"));
    }

    @Test
    void aPathThatIsNoMdev() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String argument = TestHost.device("/sys/devices/vfio_ap/matrix");
        assertEquals(said(argument, "vfio matrix: no iommu_group found: No such file or directory"),
                test.refusal(QemuVersion.V10_2, "-device", argument));
        String file = TestHost.device(MATRIX + UUID + "/matrix");
        assertEquals(said(file, "vfio matrix: no iommu_group found: Not a directory"),
                test.refusal(QemuVersion.V10_2, "-device", file));
    }

    @Test
    void theSameInTheWordsOfQemu72() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String argument = TestHost.device("/sys/nothing");
        assertEquals(
                said(argument, "vfio-ap: no iommu_group found for /sys/nothing: Failed to read the symbolic link "
                        + "\u201c/sys/nothing/iommu_group\u201d: No such file or directory"),
                test.refusal(QemuVersion.V7_2, "-cpu", "host,ap=on", "-device", argument));
    }

    @Test
    void anMdevThatAnotherQemuHas() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String argument = TestHost.device(MATRIX + UUID);
        try (S390Machine first = test.start(QemuVersion.V10_2, "-device", argument)) {
            assertEquals(
                    said(argument, "vfio " + UUID + ": Could not open '/dev/vfio/0': Device or resource busy"),
                    test.refusal(QemuVersion.V10_2, "-device", argument));
            assertEquals(said(argument, "failed to open /dev/vfio/0: Device or resource busy"),
                    test.refusal(QemuVersion.V7_2, "-device", argument));
            assertEquals(ApMask.of(5, 6), adapters(first));
        }
        assertTrue(QemuCheck.of(test.qemu(QemuVersion.V10_2), TestHost.words("-device", argument)).passes());
    }

    @Test
    void theSameMdevTwiceInOneQemu() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        try (S390Machine machine = test.start(QemuVersion.V10_2)) {
            VfioGroups groups = new VfioGroups(test.access(), new KvmFiles(null), 1 << 20, true);
            VfioDeviceProbe probe = new VfioDeviceProbe(test, groups);
            assertEquals("error getting device from group 0: Invalid argument", probe.refusal(UUID));
            assertNotNull(machine.guest());
        }
        HostAccess access = test.access();
        KvmFiles kvm = new KvmFiles(access.createVm());
        VfioGroups groups = new VfioGroups(access, kvm, 1 << 20, true);
        VfioDeviceProbe probe = new VfioDeviceProbe(test, groups);
        AttachedDevice attached = groups.attach(UUID, test.files.getPath(MATRIX + UUID));
        assertEquals("device is already attached", probe.refusal(UUID));
        attached.detach();
        kvm.close();
    }

    @Test
    void s85_s93_aGuestWithVfioApButWithoutApDoesNotStart() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String argument = TestHost.device(MATRIX + UUID);
        List<String> seed = test.refusal(QemuVersion.SEED, "-cpu", "zEC12,ap=off", "-device", argument);
        assertEquals("qemu-system-s390x: warning: 'apqci' requires 'ap'.", seed.get(0)); // both are on by default
        assertEquals("qemu-system-s390x: warning: 'apft' requires 'ap'.", seed.get(1));
        assertEquals(said(argument, "No 'ap-bus' bus found for device 'vfio-ap'"), seed.subList(2, seed.size()));
        assertEquals(said(argument, "No 'ap-bus' bus found for device 'vfio-ap'"),
                test.refusal(QemuVersion.V10_2, "-cpu", "zEC12", "-device", argument));
    }

    @Test
    void moreThanOneDevice() throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        test.create(OTHER, List.of(5), List.of(0x47));
        String first = TestHost.device(MATRIX + UUID);
        String second = TestHost.device(MATRIX + OTHER);
        assertEquals(said(second, "A 'ap-bus' bus was found but is full"),
                test.refusal(QemuVersion.V10_2, "-device", first, "-device", second));
        assertEquals(said(second + ",bus=ap-bus", "Bus 'ap-bus' is full"),
                test.refusal(QemuVersion.V10_2, "-device", first, "-device", second + ",bus=ap-bus"));
        assertTrue(QemuCheck.of(test.qemu(QemuVersion.V10_2), TestHost.words("-device", second)).passes());
    }

    @Test
    void propertiesThatItDoesNotHave() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        assertEquals(said("vfio-ap,foo=1", "Property 'vfio-ap.foo' not found"),
                test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,foo=1"));
        assertEquals(said("vfio-ap,fd=3", "Property 'vfio-ap.fd' not found"),
                test.refusal(QemuVersion.V7_2, "-cpu", "host", "-device", "vfio-ap,fd=3"));
    }

    @Test
    void aDescriptorWithoutIommufd() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        assertEquals(said("vfio-ap,fd=3", "Use FD passing only with iommufd backend"),
                test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,fd=3"));
    }

    @Test
    void iommufdThatTheHostDoesNotHave() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        assertEquals(said("vfio-ap,iommufd=i0", "Device 'i0' not found"),
                test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,iommufd=i0"));
        String path = MATRIX + UUID;
        String argument = TestHost.device(path) + ",iommufd=i0";
        assertEquals(
                said(argument, "vfio " + UUID + ": vfio " + path + "/vfio-dev: failed to load \"" + path
                        + "/vfio-dev/vfio0/dev\""),
                test.refusal(QemuVersion.V10_2, "-object", "iommufd,id=i0", "-device", argument));
    }

    /** Tries to attach and tells what it was refused with. */
    private record VfioDeviceProbe(TestHost test, VfioGroups groups) {
        String refusal(String uuid) {
            try {
                groups.attach(uuid, test.files.getPath(MATRIX + uuid));
                return "not refused";
            } catch (QemuException e) {
                return e.getMessage();
            }
        }
    }
}

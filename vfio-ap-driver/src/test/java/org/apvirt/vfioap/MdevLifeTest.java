// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.mdev.MdevDriver;
import org.apvirt.mdev.MdevParent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.vfioap.TestSystem.TYPE;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.apvirt.vfioap.TestSystem.U3;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

class MdevLifeTest {
    private TestSystem system;

    @BeforeEach
    void aHostWithVfioAp() {
        system = new TestSystem(TestLevel.LINUX_6_12);
    }

    @Nested
    class Creating {
        @Test
        void makesTheDeviceItsGroupAndItsNodes() throws ErrnoException {
            system.write(TYPE + "create", U1.toUpperCase(java.util.Locale.ROOT) + "\n");
            String device = "/devices/vfio_ap/matrix/" + U1;
            assertEquals(List.of("add@" + device, "add@/devices/virtual/vfio/0", "add@" + device + "/vfio-dev/vfio0",
                    "bind@" + device), system.uevents);
            assertEquals(List.of("vfio_ap_mdev " + U1 + ": Adding to iommu group 0"), system.log);
            system.expect(TYPE + "available_instances", "65535\n");
            assertNotNull(system.kernel.dev().child("vfio"));
            assertEquals("../../../../devices/vfio_ap/matrix/" + U1,
                    ((SysfsLink) system.node("kernel/iommu_groups/0/devices/" + U1)).target());
            assertEquals("../../../" + U1, ((SysfsLink) system.node(TYPE + "devices/" + U1)).target());
            assertEquals("../../../devices/vfio_ap/matrix/" + U1,
                    ((SysfsLink) system.node("bus/mdev/devices/" + U1)).target());
        }

        @Test
        void ofAUuidThatIsTakenIsEexistAndCostsNoInstance() throws ErrnoException {
            system.create(U1);
            assertEquals(Errno.EEXIST, system.refusal(TYPE + "create", U1 + "x"));
            system.expect(TYPE + "available_instances", "65535\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"x", "\n", "{11111111-1111-1111-1111-111111111111}",
                "11111111-1111-1111-1111-11111111111",
                "11111111-1111-1111-1111-11111111111g", " 11111111-1111-1111-1111-111111111111",
                "11111111_1111_1111_1111_111111111111", "111111111-111-1111-1111-111111111111",
                "11111111-1111-1111-1111-111111111111\n\n", "11111111-1111-1111-1111-1111\0111111"})
        void ofAnythingElseIsEinval(String text) {
            assertEquals(Errno.EINVAL, system.refusal(TYPE + "create", text));
        }

        @Test
        void takesTheLowestFreeGroup() throws ErrnoException {
            system.create(U1);
            system.create(U2);
            system.write(TestSystem.MATRIX + U1 + "/remove", "1");
            system.create(U3);
            assertEquals("0", RunningGuest.groupOf(system, U3));
        }

        @Test
        void withoutAFreeInstanceIsEusers() throws ErrnoException {
            MdevParent small = new MdevParent(system.module.matrixDevice(), system.mdevModule.bus(), new Idle(),
                    "vfio_ap", "passthrough", "two of them", 2);
            small.register(); // takes the place of the real one
            system.write(TYPE + "create", U1);
            system.write(TYPE + "create", U2);
            system.expect(TYPE + "available_instances", "0\n");
            assertEquals(Errno.EUSERS, system.refusal(TYPE + "create", U3));
            assertEquals(Errno.EEXIST, system.refusal(TYPE + "create", U1));
        }
    }

    /** A driver that does nothing with its devices. */
    private static final class Idle extends MdevDriver {
        Idle() {
            super("idle", null, "idle");
        }

        @Override
        protected void probe(MdevDevice device) {}

        @Override
        protected void remove(MdevDevice device) {}
    }

    @Nested
    class Removing {
        @Test
        void takesEverythingBack() throws ErrnoException {
            system.create(U1);
            system.forget();
            system.write(TestSystem.MATRIX + U1 + "/remove", "0x1");
            String device = "/devices/vfio_ap/matrix/" + U1;
            assertEquals(List.of("remove@" + device + "/vfio-dev/vfio0", "remove@/devices/virtual/vfio/0",
                    "unbind@" + device, "remove@" + device), system.uevents);
            assertEquals(List.of("vfio_ap_mdev " + U1 + ": Removing from iommu group 0"), system.log);
            system.expect(TYPE + "available_instances", "65536\n");
            assertNull(system.node("kernel/iommu_groups/0"));
        }

        @Test
        void withZeroDoesNothingAndWithoutANumberIsEinval() throws ErrnoException {
            String path = system.create(U1);
            system.write(path + "remove", "0");
            assertEquals(Errno.EINVAL, system.refusal(path + "remove", "\n"));
            assertEquals(Errno.EINVAL, system.refusal(path + "remove", "x"));
            assertNotNull(system.node(path + "matrix"));
        }
    }

    @Nested
    class UnbindingByHand {
        @Test
        void leavesAnEmptyDeviceThatCannotBeBoundAgain() throws ErrnoException {
            system.create(U1);
            system.write("bus/mdev/drivers/vfio_ap_mdev/unbind", U1);
            assertEquals(List.of("mdev_type", "remove", "subsystem", "uevent"),
                    ((SysfsDirectory) system.node(TestSystem.MATRIX + U1)).names().stream().sorted().toList());
            assertEquals(Errno.ENODEV, system.refusal("bus/mdev/drivers/vfio_ap_mdev/bind", U1));
            system.expect(TYPE + "available_instances", "65535\n");
            system.forget();
            system.write(TestSystem.MATRIX + U1 + "/remove", "1");
            assertEquals(List.of("remove@/devices/vfio_ap/matrix/" + U1), system.uevents);
        }
    }

    @Test
    void unloadingRemovesMdevsInOrderOfCreation() throws ErrnoException {
        system.create(U2);
        system.create(U1);
        system.forget();
        system.module.unload();
        assertEquals(List.of("vfio_ap matrix: MDEV: Unregistering",
                "vfio_ap_mdev " + U2 + ": Removing from iommu group 0",
                "vfio_ap_mdev " + U1 + ": Removing from iommu group 1"), system.log);
        assertNull(system.node("devices/vfio_ap"));
        assertNull(system.node("bus/matrix"));
    }
}

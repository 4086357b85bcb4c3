// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.mdev.MdevModule;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.TYPE;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VfioApModuleTest {
    private static List<String> names(TestSystem system, String path) {
        return ((SysfsDirectory) system.node(path)).names().stream().sorted().toList();
    }

    @Nested
    class Loading {
        @Test
        void announcesBusDeviceDriversAndParentInOrder() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.LINUX_6_12);
            system.module.unload();
            system.forget();
            VfioApModule.load(system.kernel, system.bus);
            assertEquals(List.of("add@/bus/matrix", "add@/devices/vfio_ap/matrix", "bind@/devices/vfio_ap/matrix",
                    "add@/bus/matrix/drivers/vfio_ap", "add@/bus/ap/drivers/vfio_ap",
                    "add@/bus/mdev/drivers/vfio_ap_mdev", "change@/devices/vfio_ap/matrix", "add@/module/vfio_ap"),
                    system.uevents);
            assertEquals(List.of("vfio_ap matrix: MDEV: Registered"), system.log);
        }

        @Test
        void isTakenBackInTheOtherOrder() throws ErrnoException {
            TestSystem system = TestSystem.reserved(TestLevel.LINUX_6_12);
            system.forget();
            system.module.unload();
            assertEquals(List.of("change@/devices/vfio_ap/matrix", "remove@/bus/mdev/drivers/vfio_ap_mdev",
                    "remove@/bus/ap/drivers/vfio_ap", "unbind@/devices/vfio_ap/matrix",
                    "remove@/bus/matrix/drivers/vfio_ap",
                    "remove@/devices/vfio_ap/matrix", "remove@/bus/matrix", "remove@/module/vfio_ap"),
                    system.uevents.stream().filter(it -> !it.contains("/card")).toList());
            for (String path : List.of("bus/matrix", "devices/vfio_ap", "module/vfio_ap", "bus/ap/drivers/vfio_ap",
                    "bus/mdev/drivers/vfio_ap_mdev", "class/mdev_bus/matrix")) {
                assertNull(system.node(path), path);
            }
            assertNull(system.node("bus/ap/devices/05.0004/driver"));
            VfioApModule.load(system.kernel, system.bus);
            assertNotNull(system.node("module/vfio_ap"));
            assertTrue(((SysfsDirectory) system.node("devices")).names().contains("vfio_ap"));
            assertTrue(((SysfsDirectory) system.node("devices/vfio_ap")).names().contains("matrix"));
        }

        @Test
        void makesADriverWithBindAndUnbindAndAMatrixDirectory() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.SEED);
            assertEquals(List.of("bind", "module", "uevent", "unbind"), names(system, "bus/ap/drivers/vfio_ap"));
            assertInstanceOf(SysfsDirectory.class, system.node("devices/vfio_ap/matrix"));
            assertEquals("../../../devices/vfio_ap/matrix",
                    ((SysfsLink) system.node("bus/matrix/devices/matrix")).target());
            assertEquals("../../devices/vfio_ap/matrix", ((SysfsLink) system.node("class/mdev_bus/matrix")).target());
            system.expect("devices/vfio_ap/matrix/features", "guest_matrix hotplug ap_config\n");
        }

        @Test
        void makesOneTypeWithItsFiles() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.SEED);
            assertEquals(List.of("available_instances", "create", "device_api", "devices", "name"),
                    names(system, TYPE.substring(0, TYPE.length() - 1)));
            system.expect(TYPE + "name", "VFIO AP Passthrough Device\n");
            system.expect(TYPE + "device_api", "vfio-ap\n");
            system.expect(TYPE + "available_instances", "65536\n");
            assertEquals(0200, ((SysfsFile) system.node(TYPE + "create")).mode());
        }

        @Test
        void u58_mdevStateTellsOfTheParent() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.LINUX_6_12);
            List<String> told = new ArrayList<>();
            system.kernel.onUevent(event -> event.variables().stream().filter(it -> it.startsWith("MDEV_STATE"))
                    .forEach(it -> told.add(event.devpath() + ' ' + it)));
            system.module.unload();
            VfioApModule.load(system.kernel, system.bus);
            assertEquals(List.of("/devices/vfio_ap/matrix MDEV_STATE=unregistered",
                    "/devices/vfio_ap/matrix MDEV_STATE=registered"), told);
        }

        @Test
        void withoutApInstructionsIsEnodev() {
            Kernel kernel = TestLevel.SEED.kernel(new VirtualTime());
            MdevModule.load(kernel);
            assertEquals(Errno.ENODEV,
                    assertThrows(ErrnoException.class, () -> VfioApModule.load(kernel, null)).errno());
        }

        @Test
        void withoutModuleMdevIsEnoent() {
            VirtualTime time = new VirtualTime();
            SimulatedMachine machine = SimulatedMachine.builder(time).build();
            Kernel kernel = TestLevel.SEED.kernel(time);
            ApBus bus = Objects.requireNonNull(ApBus.start(kernel, machine.platform(), ApBusParameters.DEFAULT));
            assertEquals(Errno.ENOENT,
                    assertThrows(ErrnoException.class, () -> VfioApModule.load(kernel, bus)).errno());
        }
    }

    @Nested
    class AnMdev {
        @Test
        void hasTenAttributesAndTheFilesOfTheCore() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.SEED);
            system.create(U1);
            assertEquals(List.of("ap_config", "assign_adapter", "assign_control_domain", "assign_domain",
                    "control_domains", "driver", "guest_matrix", "iommu_group", "matrix", "mdev_type", "remove",
                    "subsystem", "uevent", "unassign_adapter", "unassign_control_domain", "unassign_domain",
                    "vfio-dev"), names(system, TestSystem.MATRIX + U1));
        }
    }

    @Nested
    class Queues {
        @Test
        void ofCex4ToCex8AreTakenAndNoOthers() throws ErrnoException {
            TestSystem system = new TestSystem(TestLevel.SEED, machine -> {
                for (int type : new int[]{8, 9, 10, 14}) {
                    machine.adapter(AdapterSpec.of(type, type, AdapterMode.CCA));
                }
                return machine.usageDomains(ApMask.of(0));
            });
            for (String queue : List.of("0a.0000", "0e.0000")) {
                system.write("bus/ap/drivers/cex4queue/unbind", queue);
                system.write("bus/ap/drivers/vfio_ap/bind", queue);
            }
            assertEquals(Errno.ENODEV, system.refusal("bus/ap/drivers/vfio_ap/bind", "08.0000"));
            assertEquals(Errno.ENODEV, system.refusal("bus/ap/drivers/vfio_ap/bind", "09.0000"));
        }

        @Test
        void reservedForGuestsAreNotOnlineForTheHost() throws ErrnoException {
            TestSystem system = TestSystem.reserved(TestLevel.SEED);
            assertNull(system.node("devices/ap/card05/05.0004/online"));
            system.expect("devices/ap/card05/05.0004/status", "unassigned\n");
            system.write("bus/ap/drivers/vfio_ap/unbind", "05.0004");
            assertNull(system.node("devices/ap/card05/05.0004/status"));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.mdev.MdevDriver;
import org.apvirt.mdev.MdevParent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.MATRIX;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A parent of mediated devices and a driver that says what it is asked, and may refuse. */
class MdevParentTest {
    private static final String TYPES = "devices/vfio_ap/matrix/mdev_supported_types";

    private final List<String> asked = new ArrayList<>();
    private TestSystem system;
    private MdevParent parent;
    private String create;
    private ErrnoException refusal;
    private Runnable onRemove = () -> {};

    private final class Talking extends MdevDriver {
        Talking() {
            super("talking", null, "talk");
        }

        @Override
        protected void probe(MdevDevice device) throws ErrnoException {
            asked.add("probe " + device.name());
            if (refusal != null) {
                throw refusal;
            }
        }

        @Override
        protected void remove(MdevDevice device) {
            asked.add("remove " + device.name());
            onRemove.run();
        }
    }

    @BeforeEach
    void aParentInPlaceOfTheRealOne() {
        system = new TestSystem(TestLevel.LINUX_6_12);
        Talking driver = new Talking();
        system.mdevModule.bus().register(driver);
        parent = new MdevParent(system.module.matrixDevice(), system.mdevModule.bus(), driver, "talking", "type",
                "a type", 10);
        system.module.matrixDevice().parent(parent);
        parent.register();
        create = TYPES + "/talking-type/create";
    }

    private List<String> onBus() {
        return List.copyOf(((SysfsDirectory) system.node("bus/mdev/devices")).names());
    }

    @Test
    void leavesNothingOfADeviceThatItsDriverRefuses() throws ErrnoException {
        refusal = new ErrnoException(Errno.ENOMEM, "no");
        assertEquals(Errno.ENOMEM, system.refusal(create, U1));
        assertNull(system.node(MATRIX + U1));
        assertEquals(List.of(), onBus());
        assertEquals(10, parent.availableInstances());
        refusal = null;
        system.write(create, U1);
        assertEquals(List.of(U1), onBus());
        assertEquals(List.of(U1), parent.children().stream().map(MdevDevice::name).toList());
    }

    @Test
    void thatGoesTakesItsDevicesItsTypeAndItsPlaceInTheClass() throws ErrnoException {
        system.write(create, U2);
        system.write(create, U1);
        MdevDevice first = parent.child(U2);
        assertNotNull(system.node("class/mdev_bus/matrix"));
        parent.unregister();
        assertEquals(List.of("probe " + U2, "probe " + U1, "remove " + U2, "remove " + U1), asked);
        assertNull(system.node("class/mdev_bus/matrix"));
        assertNull(system.node(TYPES + "/talking-type"));
        assertEquals(List.of(), onBus());
        assertNotNull(first);
        assertFalse(parent.children().contains(first));
    }

    /** What a second writer finds while the first waits in the driver. */
    @Test
    void removesADeviceOnceThoughTwoAskForIt() throws ErrnoException {
        system.write(create, U1);
        SysfsFile remove = (SysfsFile) system.node(MATRIX + U1 + "/remove");
        List<Object> seen = new ArrayList<>();
        onRemove = () -> {
            try {
                remove.store("1");
            } catch (ErrnoException e) {
                throw new IllegalStateException(e);
            }
            seen.add(system.node(TYPES + "/talking-type/devices/" + U1));
            seen.add(parent.active());
            seen.add(parent.children().size());
            parent.unregister(); // leaves it to who began
        };
        remove.store("1");
        List<Object> expected = new ArrayList<>();
        expected.add(null);
        expected.add(List.of());
        expected.add(1);
        assertEquals(expected, seen);
        assertEquals(List.of("probe " + U1, "remove " + U1), asked);
        assertNull(system.node(MATRIX + U1));
    }

    /** A kernel that keeps names asks which it may keep, and is told before one goes. */
    @Test
    void letsTheNameOfADeviceBeKeptUntilItGoes() throws Exception {
        system.write(create, U1);
        SysfsDirectory matrix = (SysfsDirectory) system.node("devices/vfio_ap/matrix");
        assertTrue(matrix.mayBeKept(U1));
        List<String> told = new ArrayList<>();
        try (AutoCloseable listener = system.kernel.sys().beforeRemovals(names -> told
                .add(String.join("/", names) + ' ' + matrix.mayBeKept(U1)))) {
            system.write(MATRIX + U1 + "/remove", "1");
        }
        assertTrue(told.contains("devices/vfio_ap/matrix/" + U1 + " false"), told::toString);
        assertFalse(matrix.mayBeKept(U1));
    }
}

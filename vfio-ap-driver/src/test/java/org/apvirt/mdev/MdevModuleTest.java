// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

class MdevModuleTest {
    private final Kernel kernel = new Kernel(new VirtualTime());
    private final List<String> uevents = new ArrayList<>();

    private SysfsNode node(String path) {
        SysfsNode at = kernel.sys();
        for (String name : path.split("/")) {
            at = at instanceof SysfsDirectory directory ? directory.child(name) : null;
        }
        return at;
    }

    @Test
    void bringsItsBusItsClassAndItselfAndTakesThemBack() {
        kernel.onUevent(event -> uevents.add(event.header()));
        MdevModule module = MdevModule.load(kernel);
        for (String path : List.of("bus/mdev", "class/mdev_bus", "module/mdev")) {
            assertNotNull(node(path), path);
        }
        module.unload();
        for (String path : List.of("bus/mdev", "class/mdev_bus", "module/mdev")) {
            assertNull(node(path), path);
        }
        assertEquals(List.of("add@/bus/mdev", "add@/module/mdev", "remove@/bus/mdev", "remove@/module/mdev"), uevents);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit; // what follows is the example of README.md, as it stands there

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.host.Host;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

@ApHost("two-cards.yaml") // a resource beside the test class, or a file
class PluginTest {
    @Test
    void findsTheCards(@Sys Path sys) throws IOException {
        assertEquals("CEX5C\n", Files.readString(sys.resolve("devices/ap/card05/type")));
    }

    @Test
    void noticesACardThatLeaves(Host host, SimulatedMachine machine, @Sys Path sys) throws Exception {
        machine.removeAdapter(6);
        host.write("/sys/bus/ap/scans", "1");
        assertFalse(Files.exists(sys.resolve("devices/ap/card06")));
    }
}

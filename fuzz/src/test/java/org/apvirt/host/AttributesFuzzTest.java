// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.nio.charset.StandardCharsets;
import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.fuzz.Refusals;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any text written to any attribute: taken whole, or an errno and nothing is changed. */
class AttributesFuzzTest {
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    private static final String MDEV = MATRIX + "c2b1a1f0-3c1a-4d41-9ab1-0123456789ab/";
    private static final List<String> ATTRIBUTES = List.of("/sys/bus/ap/apmask", "/sys/bus/ap/aqmask",
            "/sys/bus/ap/ap_domain", "/sys/bus/ap/config_time", "/sys/bus/ap/poll_timeout", "/sys/bus/ap/poll_thread",
            MDEV + "assign_adapter", MDEV + "unassign_adapter", MDEV + "assign_domain", MDEV + "unassign_domain",
            MDEV + "assign_control_domain", MDEV + "unassign_control_domain", MDEV + "ap_config",
            MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", "/sys/bus/ap/drivers/vfio_ap/bind",
            "/sys/bus/ap/drivers/vfio_ap/unbind", "/sys/bus/ap/drivers/cex4queue/unbind",
            "/sys/devices/ap/card05/online", "/sys/devices/ap/card05/05.0004/online",
            "/sys/devices/ap/card05/05.0004/driver_override", "/sys/devices/ap/card05/05.0004/uevent");
    private static final List<String> SHOWN = List.of("/sys/bus/ap/apmask", "/sys/bus/ap/aqmask",
            "/sys/bus/ap/ap_domain", "/sys/bus/ap/config_time", "/sys/bus/ap/poll_timeout", "/sys/bus/ap/poll_thread",
            MDEV + "matrix", MDEV + "control_domains", "/sys/devices/ap/card05/online",
            "/sys/devices/ap/card05/05.0004/online", "/sys/devices/ap/card05/05.0004/driver_override");

    private static Host boot(Level level) throws ErrnoException {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 0xab)).build();
        Host host = Host.boot(machine, HostOptions.of(level));
        host.write("/sys/bus/ap/apmask", "-6");
        host.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", MDEV.split("/")[5]);
        return host;
    }

    private static String shown(Host host) {
        StringBuilder text = new StringBuilder();
        for (String path : SHOWN) {
            try {
                text.append(host.read(path));
            } catch (ErrnoException e) {
                text.append(e.errno()).append('\n'); // the attribute belongs to a driver
            }
        }
        return text.toString();
    }

    /** The first byte chooses the attribute, the rest is written. */
    @FuzzTest(maxDuration = "2h")
    void write(byte[] bytes) throws ErrnoException {
        if (bytes.length == 0) {
            return;
        }
        String path = ATTRIBUTES.get((bytes[0] & 0xff) % ATTRIBUTES.size());
        String text = new String(bytes, 1, bytes.length - 1, StandardCharsets.ISO_8859_1);
        for (Level level : List.of(Level.LINUX_6_12, Level.LINUX_7_2)) {
            Host host = boot(level);
            String before = shown(host);
            try {
                assertEquals(text.length(), host.write(path, text));
                shown(host);
            } catch (ErrnoException e) {
                Refusals.assertOneLine(e.getMessage());
                assertEquals(before, shown(host));
            }
            assertTrue(host.write("/sys/bus/ap/scans", "1") > 0);
        }
    }

    @FuzzTest(maxDuration = "2h")
    void path(byte[] bytes) throws ErrnoException {
        Host host = boot(Level.LINUX_6_12);
        try {
            host.read(new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (ErrnoException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }
}

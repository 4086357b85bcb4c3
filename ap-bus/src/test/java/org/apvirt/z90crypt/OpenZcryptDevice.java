// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.util.function.UnaryOperator;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.junit.jupiter.api.AfterEach;

/** A host with its drivers and its device opened, for each test anew. */
abstract class OpenZcryptDevice {
    final TestHost host;
    final ZcryptDevice device;

    OpenZcryptDevice(UnaryOperator<SimulatedMachineBuilder> machine) {
        host = new TestHost(TestLevel.LINUX_6_12, machine).withDrivers();
        try {
            device = ZcryptDevice.open(host.kernel, "z90crypt");
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void closeTheDevice() {
        device.close();
    }
}

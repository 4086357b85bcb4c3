// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.BeforeEach;

import static org.apvirt.vfioap.TestSystem.U1;

/** A host that gave up its queues, and an mdev with four of them and a control domain. */
abstract class FourQueuesFixture {
    static final int NOT_AVAILABLE = 1; // response code

    TestSystem system;
    String mdev;

    @BeforeEach
    void anMdevWithFourQueues() throws ErrnoException {
        start(TestLevel.LINUX_6_12);
    }

    void start(TestLevel level) throws ErrnoException {
        system = TestSystem.reserved(level);
        mdev = system.create(U1, "5 6", "4 0x47");
        system.write(mdev + "assign_control_domain", "4");
        system.forget();
    }
}

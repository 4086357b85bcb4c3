// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Test;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Kernels before 6.0: the matrix of a running guest does not change. */
class StaticMatrixTest {
    private final TestSystem system;
    private final String mdev;

    StaticMatrixTest() throws ErrnoException {
        system = TestSystem.reserved(TestLevel.LINUX_6_1, VfioApQuirk.REFUSES_CHANGES_WHILE_RUNNING);
        mdev = system.create(U1, "5", "4");
    }

    @Test
    void everyChangeOfARunningGuestsMdevIsEbusyEvenOneThatIsNoNumber() throws ErrnoException {
        try (RunningGuest guest = new RunningGuest(system, U1)) {
            system.forget();
            for (String file : List.of("assign_adapter", "unassign_adapter", "assign_domain", "unassign_domain",
                    "assign_control_domain", "unassign_control_domain")) {
                assertEquals(Errno.EBUSY, system.refusal(mdev + file, "5"), file);
                assertEquals(Errno.EBUSY, system.refusal(mdev + file, "x"), file);
            }
            system.expect(mdev + "matrix", "05.0004\n");
            assertEquals(List.of(), system.masks);
            assertEquals(0, guest.tapq(5, 4));
        }
    }

    @Test
    void whatNoGuestHasChangesAndSoItDoesAfterTheGuest() throws ErrnoException {
        system.write(mdev + "assign_domain", "0x47");
        new RunningGuest(system, U1).close();
        system.write(mdev + "unassign_domain", "0x47");
        system.expect(mdev + "matrix", "05.0004\n");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.HexFormat;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioMigrationOps;
import org.apvirt.vfio.VfioMigrationState;
import org.junit.jupiter.api.BeforeEach;

import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Two hosts with adapters 5 and 6, at the level that plays what was posted. A guest of the first has (5,4) and (5,0x47). */
abstract class MigrationFixture {
    static final int FEATURE = 0x3b75;
    /** Header and two queues; 0xf2000000 is APSC, both 4096-bit modes, CCA coprocessor and APXA, 0b a CEX5. */
    static final String STREAM = "00000002" + "00000000" + "0000000000000000"
            + "f2000000" + "0b" + "ff" + "0007" + "0504" + "000000000000"
            + "f2000000" + "0b" + "ff" + "0007" + "0547" + "000000000000";

    final TestSystem.Files files = new TestSystem.Files();
    TestSystem source;
    RunningGuest guest;
    TestSystem target;
    RunningGuest arriving;

    @BeforeEach
    void aGuestOnTheSourceAndAnEmptyDeviceOnTheTarget() throws ErrnoException {
        source = TestSystem.reserved(TestLevel.NEXT);
        source.create(U1, "5", "4 0x47");
        guest = new RunningGuest(source, U1);
        target = TestSystem.reserved(TestLevel.NEXT);
        target.create(U1);
        arriving = new RunningGuest(target, U1);
        target.forget();
    }

    static VfioMigrationOps migration(RunningGuest of) {
        VfioMigrationOps ops = of.device.migration();
        assertNotNull(ops);
        return ops;
    }

    byte[] saved() throws ErrnoException {
        OpenFile stream = migration(guest).state(VfioMigrationState.STOP_COPY);
        assertNotNull(stream);
        return stream.read(1 << 20);
    }

    OpenFile resuming() throws ErrnoException {
        OpenFile stream = migration(arriving).state(VfioMigrationState.RESUMING);
        assertNotNull(stream);
        return stream;
    }

    Errno refusal(String stream) throws ErrnoException {
        OpenFile file = resuming();
        return assertThrows(ErrnoException.class, () -> file.write(HexFormat.of().parseHex(stream))).errno();
    }

    static Errno errno(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioMigrationState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.vfioap.TestSystem.MATRIX;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/** What the target of a migration checks, in that order; each refusal leaves it as it was. */
class MigrationTargetTest extends MigrationFixture {
    private void nothingChanged() throws ErrnoException {
        target.expect(MATRIX + U1 + "/matrix", "");
        target.expect(MATRIX + U1 + "/guest_matrix", "");
        assertEquals(List.of(), target.masks);
        assertEquals(List.of(), target.instructions);
        assertEquals(1, arriving.tapq(5, 4));
    }

    @ParameterizedTest
    @CsvSource({"00010001 00000000 0000000000000000, EINVAL, more queues than numbers",
            "ffffffff 00000000 0000000000000000, EINVAL, less than none",
            "00000000 00000000 0000000000000000 00, EIO, more than announced",
            "00000000 00000001 0000000000000000, EINVAL, reserved",
            "00000000 00000000 0000000000000030, EINVAL, a size of the configuration"})
    void aHeaderThatIsNoneIsRefusedAtOnce(String stream, Errno errno, String why) throws ErrnoException {
        assertEquals(errno, refusal(stream.replace(" ", "")), why);
        nothingChanged();
    }

    @Test
    void aListThatDoesNotAscendOrIsNoProductIsEinval() throws ErrnoException {
        String info = "f200000" + "00bff0007";
        String header = "00000002" + "00000000" + "0000000000000000";
        for (String two : List.of("0504 0504", "0547 0504", "0504 0647")) {
            String[] qids = two.split(" ");
            assertEquals(Errno.EINVAL, refusal(header + info + qids[0] + "000000000000" + info + qids[1]
                    + "000000000000"), two);
            arriving.device.reset();
        }
        assertEquals(Errno.EINVAL, refusal(STREAM.replace("0547000000000000", "0547000000000001")));
        target.instructions.clear();
        nothingChanged();
    }

    @Test
    void queuesThatAreNotBoundAreEnodevAndAllAreNamed() throws ErrnoException {
        target.write("bus/ap/drivers/vfio_ap/unbind", "05.0004");
        target.write("bus/ap/drivers/vfio_ap/unbind", "05.0047");
        target.forget();
        assertEquals(Errno.ENODEV, refusal(HexFormat.of().formatHex(saved())));
        assertEquals(
                List.of("vfio_ap_mdev " + U1 + ": Queue 05.0004 not available to vfio_ap driver on target host",
                        "vfio_ap_mdev " + U1 + ": Queue 05.0047 not available to vfio_ap driver on target host"),
                target.log);
        nothingChanged();
    }

    @Test
    void anOlderAdapterIsEfaultAndTheLogSaysWhy() throws ErrnoException {
        String newer = HexFormat.of().formatHex(saved()).replaceAll("0b(.{6}0504)", "0c$1");
        assertEquals(Errno.EFAULT, refusal(newer));
        assertEquals(List.of(
                "vfio_ap_mdev " + U1 + ": Migration failed: Source and target queue (05.0004) not compatible",
                "vfio_ap_mdev " + U1 + ": AP type of source (0c) not compatible with target (0b)"), target.log);
        nothingChanged();
    }

    @Test
    void aNewerAdapterIsTaken() throws ErrnoException {
        String older = HexFormat.of().formatHex(saved()).replaceAll("0b(.{6}05)", "0a$1");
        assertEquals(48, resuming().write(HexFormat.of().parseHex(older)));
    }

    @Test
    void aQueueThatDoesNotAnswerIsEnodev() throws ErrnoException {
        target.machine.setUsageDomains(ApMask.of(4, 0xab, 0xff));
        assertEquals(Errno.ENODEV, refusal(HexFormat.of().formatHex(saved())));
        assertEquals(List.of("vfio_ap_mdev " + U1
                + ": migration failed: Failed to get hwinfo for queue 05.0047 on target host: TAPQ rc=1"),
                target.log);
        nothingChanged();
    }

    @Test
    void queuesOfAnotherMdevAreEaddrinuse() throws ErrnoException {
        target.create(U2, "5", "0x47");
        target.forget();
        assertEquals(Errno.EADDRINUSE, refusal(HexFormat.of().formatHex(saved())));
        nothingChanged();
    }

    @Test
    void afterARefusalOrHalfAStreamTheGuestDoesNotRunByAccident() throws ErrnoException {
        OpenFile stream = resuming();
        byte[] whole = saved();
        stream.write(Arrays.copyOf(whole, 47));
        assertEquals(Errno.EIO, errno(() -> migration(arriving).state(VfioMigrationState.RUNNING)));
        assertEquals(Errno.EIO, errno(() -> stream.write(new byte[2])), "more than announced");
        assertEquals(Errno.EIO, errno(() -> stream.write(new byte[1])), "after a refusal");
        assertEquals(VfioMigrationState.RESUMING, migration(arriving).state());
        arriving.device.reset();
        assertNull(migration(arriving).state(VfioMigrationState.RUNNING));
        assertEquals(48, resuming().write(whole));
    }

    @Test
    void anAdapterThatWouldBeFilteredOutIsEcanceled() throws ErrnoException {
        target.write(MATRIX + U1 + "/assign_adapter", "5");
        target.write(MATRIX + U1 + "/assign_domain", "4");
        target.machine.setResponse(new org.apvirt.arch.Apqn(5, 4), 0x07);
        try {
            arriving.device.reset();
        } catch (ErrnoException e) {
            assertEquals(Errno.EIO, e.errno());
        }
        target.machine.setResponse(new org.apvirt.arch.Apqn(5, 4), -1);
        target.forget();
        assertEquals(Errno.ECANCELED, refusal(HexFormat.of().formatHex(saved())));
        target.expect(MATRIX + U1 + "/matrix", "05.0004\n");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.vfio.VfioMigrationOps;
import org.apvirt.vfio.VfioMigrationState;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.apvirt.vfioap.TestSystem.MATRIX;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/** A guest with queues goes from one host to the other. */
class MigrationTest extends MigrationFixture {
    @Test
    void theGuestGoesOnWithItsQueuesOnTheOtherHost() throws ErrnoException {
        assertEquals(1, arriving.tapq(5, 4));

        OpenFile stream = resuming();
        assertEquals(48, stream.write(saved()));

        target.expect(MATRIX + U1 + "/matrix", "05.0004\n05.0047\n");
        target.expect(MATRIX + U1 + "/guest_matrix", "05.0004\n05.0047\n");
        assertEquals(List.of("set [5] [4, 47] []"), target.masks);
        assertEquals(0, arriving.tapq(5, 0x47));
        assertNull(migration(arriving).state(VfioMigrationState.RUNNING));
        assertEquals(0, guest.tapq(5, 4), "nothing changes on the source before its guest ends");
    }

    @Test
    void theStreamIsWhatWasPosted() throws ErrnoException {
        assertEquals(STREAM, HexFormat.of().formatHex(saved()));
        assertEquals(48, migration(guest).dataSize());
    }

    @Test
    void theStreamMayBeReadAndWrittenInAnyPieces() throws ErrnoException {
        OpenFile from = migration(guest).state(VfioMigrationState.STOP_COPY);
        OpenFile to = resuming();
        byte[] piece = from.read(7);
        for (; piece.length > 0; piece = from.read(7)) {
            target.expect(MATRIX + U1 + "/matrix", "");
            assertEquals(piece.length, to.write(piece));
        }
        target.expect(MATRIX + U1 + "/matrix", "05.0004\n05.0047\n");
        assertEquals(0, to.write(new byte[0]));
    }

    @Test
    void whatWasAssignedOnTheTargetIsReplacedButControlDomainsStay() throws ErrnoException {
        target.write(MATRIX + U1 + "/assign_adapter", "6");
        target.write(MATRIX + U1 + "/assign_domain", "0xab");
        target.write(MATRIX + U1 + "/assign_control_domain", "4");
        target.forget();

        resuming().write(saved());

        target.expect(MATRIX + U1 + "/matrix", "05.0004\n05.0047\n");
        target.expect(MATRIX + U1 + "/control_domains", "0004\n");
        assertEquals(List.of("ZAPQ 06.00ab"), target.instructions);
    }

    @Test
    void aGuestWithoutQueuesTakesTheQueuesOfTheTargetAway() throws ErrnoException {
        source.write(MATRIX + U1 + "/unassign_adapter", "5");
        target.write(MATRIX + U1 + "/assign_adapter", "6");
        byte[] empty = saved();
        assertEquals(16, empty.length);
        resuming().write(empty);
        target.expect(MATRIX + U1 + "/matrix", "");
    }

    @Test
    void userSpaceIsToldThatItCan() throws ErrnoException {
        source.expect(MATRIX + "features", "guest_matrix hotplug ap_config migratable\n");
        assertEquals("000000100001000100000000" + "00000001", ioctl("0000001000010001" + "0000000000000000"));
        assertEquals("0000001000010009" + "0000000000000030", ioctl("0000001000010009" + "0000000000000000"));
        assertEquals("0000001000010002" + "00000002ffffffff", ioctl("0000001000010002" + "0000000000000000"));
        assertEquals("0000001000020002" + "0000000300000007", ioctl("0000001000020002" + "00000003ffffffff"));
        assertEquals(48, files.file(7).read(4096).length);
        assertEquals("0000001000010002" + "00000003ffffffff", ioctl("0000001000010002" + "0000000000000000"));
        assertEquals("0000000800070002", ioctl("0000000800070002"), "probing for both");
    }

    private String ioctl(String block) throws ErrnoException {
        byte[] buffer = HexFormat.of().parseHex(block);
        guest.device.ioctl(FEATURE, new IoctlArgument(0, buffer, files));
        return HexFormat.of().formatHex(buffer);
    }

    @ParameterizedTest
    @CsvSource({"00000010000200010000000000000000, EINVAL, the flags cannot be set",
            "00000010000000010000000000000000, EINVAL, neither read nor set",
            "0000000f000100010000000000000000, EINVAL, no room for the flags",
            "00000010000200020000000500000000, EINVAL, a state of other devices",
            "00000010000200020000000000000000, EINVAL, ERROR is nobody's wish",
            "00000010000200020000000800000000, EINVAL, no such state",
            "0000001000020002ffffffff00000000, EINVAL, no such state",
            "00000010000100030000000000000000, ENOTTY, another feature",
            "0000000800010002, EINVAL, no room for the state"})
    void whatUserSpaceAsksInAWrongFormIsRefused(String block, Errno errno, String why) {
        assertEquals(errno, errno(() -> ioctl(block)), why);
    }

    @ParameterizedTest
    @EnumSource(names = "NEXT", mode = EnumSource.Mode.EXCLUDE)
    void noMergedKernelMigrates(TestLevel level) throws ErrnoException {
        TestSystem system = TestSystem.reserved(level);
        system.create(U1, "5", "4");
        try (RunningGuest other = new RunningGuest(system, U1)) {
            assertNull(other.device.migration());
            byte[] block = HexFormat.of().parseHex("00000010000100010000000000000000");
            assertEquals(Errno.ENOTTY, errno(() -> other.device.ioctl(FEATURE, new IoctlArgument(0, block, files))));
        }
    }

    @Test
    void theLogSaysThatItIsNotMerged() throws ErrnoException {
        arriving.close();
        target.module.unload();
        target.forget();
        VfioApModule.load(target.kernel, target.bus);
        assertEquals("vfio_ap: live guest migration as posted on 2026-07-07 (version 4): not merged, may change",
                target.log.get(target.log.size() - 1));
    }

    @Nested
    class OnTheSource {
        @Test
        void aQueueThatIsGoneIsEnodevAndNamed() throws ErrnoException {
            source.machine.setUsageDomains(ApMask.of(4, 0xab, 0xff));
            OpenFile stream = migration(guest).state(VfioMigrationState.STOP_COPY);
            assertEquals(Errno.ENODEV, errno(() -> stream.read(100)));
            assertEquals("vfio_ap_mdev " + U1
                    + ": migration failed: Failed to get hwinfo for queue 05.0047 on target host: TAPQ rc=1",
                    source.log.get(source.log.size() - 1));
        }

        @Test
        void aDeconfiguredAdapterTravelsAllTheSame() throws ErrnoException {
            source.machine.adapter(5).change(spec -> spec.configured(false));
            assertEquals(48, saved().length);
        }

        @Test
        void theStreamEndsWithTheMigrationAndIsReadOnly() throws ErrnoException {
            OpenFile stream = migration(guest).state(VfioMigrationState.STOP_COPY);
            assertEquals(Errno.EINVAL, errno(() -> stream.write(new byte[1])));
            assertNull(migration(guest).state(VfioMigrationState.RUNNING));
            assertEquals(Errno.EINVAL, errno(() -> stream.read(1)));
        }

        @Test
        void aResetEndsTheMigrationAndClosingToo() throws ErrnoException {
            OpenFile stream = migration(guest).state(VfioMigrationState.STOP_COPY);
            guest.device.reset();
            assertEquals(VfioMigrationState.RUNNING, migration(guest).state());
            assertEquals(Errno.EINVAL, errno(() -> stream.read(1)));
            OpenFile other = migration(guest).state(VfioMigrationState.STOP_COPY);
            VfioMigrationOps ops = migration(guest);
            guest.close();
            assertEquals(Errno.ENODEV, errno(() -> other.read(1)));
            assertEquals(Errno.ENODEV, errno(() -> ops.state(VfioMigrationState.STOP)));
            assertNull(ops.state(VfioMigrationState.RUNNING));
        }

        @Test
        void savingAndLoadingFollowEachOtherOverStop() throws ErrnoException {
            OpenFile from = migration(guest).state(VfioMigrationState.STOP_COPY);
            OpenFile to = migration(guest).state(VfioMigrationState.RESUMING);
            assertEquals(Errno.EINVAL, errno(() -> from.read(1)));
            assertEquals(Errno.EINVAL, errno(() -> to.read(1)));
            assertNull(migration(guest).state(VfioMigrationState.STOP), "nothing was written, nothing is missing");
        }
    }

    @Test
    void aHostThatIsASecureGuestMigratesNothing() throws ErrnoException {
        TestSystem secure = new TestSystem(TestLevel.NEXT,
                machine -> machine.adapter(AdapterSpec.of(5, 11, AdapterMode.EP11))
                        .qciFlags(org.apvirt.arch.ApConfigInfo.APSB).usageDomains(ApMask.of(4)).secureGuest(true));
        secure.create(U1);
        try (RunningGuest other = new RunningGuest(secure, U1)) {
            assertEquals(Errno.EPERM, errno(() -> migration(other).state(VfioMigrationState.STOP)));
            assertEquals("vfio_ap_mdev " + U1 + ": Migration not allowed from or to a Secure Execution guest",
                    secure.log.get(secure.log.size() - 1));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.Arrays;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.apvirt.vfioap.TestSystem.MATRIX;
import static org.apvirt.vfioap.TestSystem.U1;
import static org.apvirt.vfioap.TestSystem.U2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Two hosts with adapters 5 and 6, at the level that plays what was posted. A guest of the first has (5,4) and (5,0x47). */
class MigrationTest {
    private static final int FEATURE = 0x3b75;
    /** Header and two queues; 0xf2000000 is APSC, both 4096-bit modes, CCA coprocessor and APXA, 0b a CEX5. */
    private static final String STREAM = "00000002" + "00000000" + "0000000000000000"
            + "f2000000" + "0b" + "ff" + "0007" + "0504" + "000000000000"
            + "f2000000" + "0b" + "ff" + "0007" + "0547" + "000000000000";

    private final TestSystem.Files files = new TestSystem.Files();
    private TestSystem source;
    private RunningGuest guest;
    private TestSystem target;
    private RunningGuest arriving;

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

    private static VfioMigrationOps migration(RunningGuest of) {
        VfioMigrationOps ops = of.device.migration();
        assertNotNull(ops);
        return ops;
    }

    private byte[] saved() throws ErrnoException {
        OpenFile stream = migration(guest).state(VfioMigrationState.STOP_COPY);
        assertNotNull(stream);
        return stream.read(1 << 20);
    }

    private OpenFile resuming() throws ErrnoException {
        OpenFile stream = migration(arriving).state(VfioMigrationState.RESUMING);
        assertNotNull(stream);
        return stream;
    }

    private Errno refusal(String stream) throws ErrnoException {
        OpenFile file = resuming();
        return assertThrows(ErrnoException.class, () -> file.write(HexFormat.of().parseHex(stream))).errno();
    }

    private static Errno errno(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }

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

    /** In the order of the checks; each leaves the target as it was. */
    @Nested
    class OnTheTarget {
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

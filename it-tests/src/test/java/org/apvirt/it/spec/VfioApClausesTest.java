// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.spec;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.z90crypt.ZcryptDevice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.it.spec.SeedHost.BUS;
import static org.apvirt.it.spec.SeedHost.MATRIX;
import static org.apvirt.it.spec.SeedHost.TYPE;
import static org.apvirt.it.spec.SeedHost.UUID1;
import static org.apvirt.it.spec.SeedHost.UUID2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the specification says of the vfio_ap driver and the mediated devices, clause by clause. */
class VfioApClausesTest {
    private static final String MDEV = MATRIX + UUID1;
    private static final List<String> SEVEN_FILES = List.of("assign_adapter", "assign_control_domain", "assign_domain",
            "matrix", "unassign_adapter", "unassign_control_domain", "unassign_domain");

    private final SeedHost host = new SeedHost(ApMask.of(4, 5, 6, 7, 71), ApMask.ALL,
            AdapterSpec.of(1, 11, AdapterMode.CCA), AdapterSpec.of(2, 12, AdapterMode.CCA),
            AdapterSpec.of(5, 11, AdapterMode.CCA));

    @BeforeEach
    void createAMediatedDevice() throws ErrnoException {
        host.create(UUID1);
    }

    @Test
    void s44_s45_s47_s48_loadingTheModuleRegistersTheDriver() throws ErrnoException {
        Host without = Host.boot(host.machine, HostOptions.of(Level.SEED).withModules(List.of("mdev")));
        assertFalse(((SysfsDirectory) without.files().node(BUS + "drivers")).names().contains("vfio_ap"));
        without.insmod("vfio_ap");
        assertTrue(((SysfsDirectory) without.files().node(BUS + "drivers/vfio_ap")).names()
                .containsAll(List.of("bind", "unbind")));
        without.write(TYPE + "create", UUID1);
        assertInstanceOf(SysfsDirectory.class, without.files().node("/sys/bus/mdev/devices/" + UUID1));
        without.rmmod("vfio_ap");
        assertFalse(((SysfsDirectory) without.files().node(BUS + "drivers")).names().contains("vfio_ap"));
    }

    @Test
    void s46_itNeedsTheMediatedDeviceFramework() throws ErrnoException {
        Host bare = Host.boot(host.machine, HostOptions.of(Level.SEED).withModules(List.of()));
        assertEquals(Errno.ENOENT, assertThrows(ErrnoException.class, () -> bare.insmod("vfio_ap")).errno());
        bare.insmod("mdev");
        bare.insmod("vfio_ap");
        assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, () -> bare.rmmod("mdev")).errno());
        assertEquals("../../../../bus/mdev/drivers/vfio_mdev", host.host.readLink(MDEV + "/driver"));
        assertTrue(host.exists("/sys/class/vfio"));
    }

    @Test
    void s49_s50_theMatrixDeviceIsARealDirectory() throws ErrnoException {
        assertInstanceOf(SysfsDirectory.class, host.host.files().entry("/sys/devices/vfio_ap/matrix"));
        assertEquals("../../../devices/vfio_ap/matrix", host.host.readLink("/sys/bus/matrix/devices/matrix"));
    }

    @Test
    void s51_aReservedQueueIsNotTheHosts() throws ErrnoException {
        SeedHost small = new SeedHost(ApMask.of(4), ApMask.of(4), AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR));
        try (ZcryptDevice program = ZcryptDevice.open(small.host.kernel(), "z90crypt")) {
            assertArrayEquals(new byte[]{31}, program.modExpo(new byte[]{4}, new byte[]{3}, new byte[]{33}));
            small.reserve("06.0004");
            assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class,
                    () -> program.modExpo(new byte[]{4}, new byte[]{3}, new byte[]{33})).errno());
        }
        assertFalse(small.exists(BUS + "drivers/cex4queue/06.0004"));
        assertFalse(small.exists("/sys/devices/ap/card06/06.0004/online"));
    }

    @Test
    void s53_reservingIsUnbindingAndBindingByHand() throws ErrnoException {
        String driver = "/sys/devices/ap/card05/05.0004/driver";
        assertEquals("../../../../bus/ap/drivers/cex4queue", host.host.readLink(driver));
        host.echo("05.0004", BUS + "drivers/cex4queue/unbind");
        assertFalse(host.exists(driver));
        host.echo("05.0004", BUS + "drivers/vfio_ap/bind");
        assertEquals("../../../../bus/ap/drivers/vfio_ap", host.host.readLink(driver));
    }

    @Test
    void s53_linux612RefusesItBecauseTheMasksReserveTheQueueForTheHost() throws ErrnoException {
        SeedHost linux = new SeedHost(Level.LINUX_6_12, ApMask.of(4), ApMask.of(4),
                AdapterSpec.of(5, 11, AdapterMode.CCA));
        linux.echo("05.0004", BUS + "drivers/cex4queue/unbind");
        linux.refuses(Errno.ENODEV, "05.0004", BUS + "drivers/vfio_ap/bind");
    }

    @Test
    void s43_s54_aReservedAndAssignedQueueIsTheGuests() throws ErrnoException {
        host.reserve("05.0004", "05.0047");
        host.assign(UUID1, List.of(5), List.of(4));
        assertEquals("assigned\n", host.cat("/sys/devices/ap/card05/05.0004/status"));
        assertEquals("unassigned\n", host.cat("/sys/devices/ap/card05/05.0047/status"));
        assertEquals("05.0004\n", host.cat(MDEV + "/guest_matrix"));
    }

    @Test
    void s52_s55_s56_mediatedDevicesAreMadeBelowTheMatrixDevice() throws ErrnoException {
        assertEquals(List.of("vfio_ap-passthrough"), host.ls(MATRIX + "mdev_supported_types"));
        assertTrue(host.ls(TYPE).containsAll(List.of("create", "devices")));
        assertTrue(host.ls(MATRIX).containsAll(List.of(UUID1, "mdev_supported_types")));
    }

    @Test
    void s57_s58_writingAUuidMakesOneAndItsLink() throws ErrnoException {
        assertEquals(List.of(UUID1), host.ls(TYPE + "devices"));
        assertEquals("../../../" + UUID1, host.host.readLink(TYPE + "devices/" + UUID1));
        assertInstanceOf(SysfsDirectory.class, host.host.files().entry(MDEV));
    }

    @Test
    void s59_itHasTheSevenFiles() throws ErrnoException {
        assertTrue(host.ls(MDEV).containsAll(SEVEN_FILES));
    }

    @Test
    void s60_s62_adaptersAreAssignedOneAfterTheOtherAndTakenBack() throws ErrnoException {
        host.assign(UUID1, List.of(1, 2), List.of());
        assertEquals("01.\n02.\n", host.cat(MDEV + "/matrix"));
        host.echo(1, MDEV + "/unassign_adapter");
        assertEquals("02.\n", host.cat(MDEV + "/matrix"));
    }

    @ParameterizedTest
    @CsvSource({"4, 04.", "0x5, 05.", "020, 10.", "0xff, ff."})
    void s61_numbersAreWrittenAsInC(String text, String line) throws ErrnoException {
        host.echo(text, MDEV + "/assign_adapter");
        assertEquals(line + "\n", host.cat(MDEV + "/matrix"));
    }

    @Test
    void s63_s64_domainsAreAssignedOneAfterTheOtherAndTakenBack() throws ErrnoException {
        host.assign(UUID1, List.of(), List.of("4", "0x8", "0107"));
        assertEquals(".0004\n.0008\n.0047\n", host.cat(MDEV + "/matrix"));
        host.echo("0x8", MDEV + "/unassign_domain");
        assertEquals(".0004\n.0047\n", host.cat(MDEV + "/matrix"));
    }

    @Test
    void s65_s66_s67_controlDomainsHaveFilesOfTheirOwn() throws ErrnoException {
        for (String domain : List.of("4", "0x8", "0107")) {
            host.echo(domain, MDEV + "/assign_control_domain");
        }
        assertEquals("0004\n0008\n0047\n", host.cat(MDEV + "/control_domains"));
        host.echo(8, MDEV + "/unassign_control_domain");
        assertEquals("0004\n0047\n", host.cat(MDEV + "/control_domains"));
        host.echo(4, MDEV + "/unassign_domain"); // which is for usage domains
        assertEquals("0004\n0047\n", host.cat(MDEV + "/control_domains"));
        assertEquals("", host.cat(MDEV + "/matrix"));
    }

    @Test
    void s32_aQueueBelongsToOneMediatedDeviceOnly() throws ErrnoException {
        host.create(UUID2);
        host.assign(UUID1, List.of(5), List.of(4));
        host.assign(UUID2, List.of(5), List.of());
        host.refuses(Errno.EADDRINUSE, 4, MATRIX + UUID2 + "/assign_domain");
        assertEquals("05.\n", host.cat(MATRIX + UUID2 + "/matrix"));
    }

    @Test
    void s33_example1IsAccepted() throws ErrnoException {
        host.create(UUID2);
        host.assign(UUID1, List.of(1, 2), List.of(5, 6));
        host.assign(UUID2, List.of(1, 2), List.of(7));
        assertEquals("01.0005\n01.0006\n02.0005\n02.0006\n", host.cat(MDEV + "/matrix"));
        assertEquals("01.0007\n02.0007\n", host.cat(MATRIX + UUID2 + "/matrix"));
    }

    @Test
    void s34_example2IsRefusedAndTheLogNamesTheQueueAndItsOwner() throws ErrnoException {
        List<String> log = new java.util.ArrayList<>();
        host.host.kernel().onLog(log::add);
        host.create(UUID2);
        host.assign(UUID1, List.of(1, 2), List.of(5, 6));
        host.assign(UUID2, List.of(1), List.of(7));
        host.refuses(Errno.EADDRINUSE, 6, MATRIX + UUID2 + "/assign_domain");
        assertTrue(log.stream().anyMatch(line -> line.contains("01.0006") && line.endsWith(UUID1)), log::toString);
        assertEquals("01.0007\n", host.cat(MATRIX + UUID2 + "/matrix"));
    }
}

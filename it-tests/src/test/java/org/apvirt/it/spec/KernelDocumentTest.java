// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.qemu.KernelAccess;
import org.apvirt.qemu.QemuCommandLine;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.S390Machine;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sysfs.SysfsFileSystem;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.apvirt.it.spec.SeedHost.BUS;
import static org.apvirt.it.spec.SeedHost.MATRIX;
import static org.apvirt.it.spec.SeedHost.TYPE;
import static org.apvirt.it.spec.SeedHost.UUID1;
import static org.apvirt.it.spec.SeedHost.UUID2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * What the kernel's own document on vfio-ap says today beyond the specification, clause by clause, on the kernels that it is
 * of. Where kernel and document disagree the test has the kernel's answer.
 */
class KernelDocumentTest {
    private static final String UUID3 = "62177882-f1bb-47f0-914d-32a22e3a8804";
    private static final String APMASK = BUS + "apmask";
    private static final String AQMASK = BUS + "aqmask";

    private static SeedHost host(Level level, ApMask domains, int... adapters) {
        List<AdapterSpec> cards = new ArrayList<>();
        for (int apid : adapters) {
            cards.add(AdapterSpec.of(apid, 11, apid == 6 ? AdapterMode.ACCELERATOR : AdapterMode.CCA));
        }
        return new SeedHost(level, domains, domains, cards.toArray(AdapterSpec[]::new));
    }

    /** Adapters and domains of the document's example. */
    private static SeedHost exampleHost(Level level) {
        return host(level, ApMask.of(4, 0x47, 0xab, 0xff), 5, 6);
    }

    private static String mask(String begin) {
        return begin + "0".repeat(66 - begin.length()) + "\n";
    }

    private static S390Machine start(SeedHost host, String uuid) throws Exception {
        HostCpu cpu = HostCpu.kvm(QemuVersion.V10_0, CpuDefinition.Z14, host.machine.facilities(), true);
        KernelAccess access = new KernelAccess(host.host.kernel(), SysfsFileSystem.of(host.host.root())::getPath, 1);
        return S390Machine.start(QemuHost.kvm(cpu, access), QemuCommandLine.parse(List.of("qemu-system-s390x",
                "-machine", "accel=kvm", "-cpu", "host,ap=on,apqci=on,apft=on", "-device",
                "vfio-ap,sysfsdev=" + MATRIX + uuid)));
    }

    private static ApMask apm(S390Machine vm) {
        KvmGuest guest = vm.guest();
        return guest.apcb().apm();
    }

    private static ApMask aqm(S390Machine vm) {
        KvmGuest guest = vm.guest();
        return guest.apcb().aqm();
    }

    private static ApMask adm(S390Machine vm) {
        KvmGuest guest = vm.guest();
        return guest.apcb().adm();
    }

    private static List<String> boundTo(SeedHost host, String driver) throws ErrnoException {
        return host.ls(BUS + "drivers/" + driver).stream().filter(name -> name.contains(".")).toList();
    }

    @Nested
    class Masks {
        @ParameterizedTest
        @EnumSource(names = {"LINUX_6_1", "LINUX_6_12", "LINUX_7_2"})
        void u100_theirProductIsTheHostsAndAllOtherQueuesAreForVfioAp(Level level) throws ErrnoException {
            SeedHost host = host(level, ApMask.of(0, 1), 0, 1, 2, 3, 4, 5, 7);

            host.echo("0x7d", APMASK);
            host.echo("0x80", AQMASK);

            assertEquals(List.of("01.0000", "02.0000", "03.0000", "04.0000", "05.0000", "07.0000"),
                    boundTo(host, "cex4queue"));
            assertEquals(List.of("00.0000", "00.0001", "01.0001", "02.0001", "03.0001", "04.0001", "05.0001",
                    "07.0001"), boundTo(host, "vfio_ap"));
        }

        @Test
        void u101_anAbsoluteMaskIsPaddedOnTheRightAndOneTooLongIsRefused() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);

            host.echo("0x41", APMASK);
            assertEquals(mask("0x41"), host.cat(APMASK));
            host.refuses(Errno.EINVAL, "0x" + "0".repeat(65), APMASK);
            assertEquals(mask("0x41"), host.cat(APMASK));
        }

        @Test
        void u101_bitsNamedWithASignAreSwitchedAndTheOthersStay() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);
            host.echo("0x42", APMASK); // 1 and 6
            host.echo("+0xf0", APMASK);

            host.echo("+0,-6,+0x47,-0xf0", APMASK);

            assertEquals(ApMask.of(0, 1, 0x47), ApMask.parseHex(host.cat(APMASK).strip()));
        }

        @Test
        void u101_theKernelsCommandLineSetsThem() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);

            Host booted = Host.boot(host.machine, new HostOptions(Level.LINUX_6_12, "ap.apmask=0xffff ap.aqmask=0x40",
                    HostOptions.ALL_MODULES));

            assertEquals(mask("0xffff"), booted.read(APMASK));
            assertEquals(mask("0x40"), booted.read(AQMASK));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                apmask | -5,-6
                apmask | 0xf9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                aqmask | -4,-0x47,-0xab,-0xff
                aqmask | 0xf7fffffffffffffffeffffffffffffffffffffffffeffffffffffffffffffffe
                """)
        void u102_eachOfTheFourCommandsOfTheExampleSecuresItsEightQueues(String file, String text)
                throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);

            host.echo(text, BUS + file);

            assertEquals(List.of("05.0004", "05.0047", "05.00ab", "05.00ff", "06.0004", "06.0047", "06.00ab",
                    "06.00ff"), boundTo(host, "vfio_ap"));
            assertEquals(List.of(), boundTo(host, "cex4queue"));
        }
    }

    @Nested
    class Configuring {
        @ParameterizedTest
        @EnumSource(names = {"LINUX_6_1", "LINUX_6_12", "LINUX_7_2"})
        void u103_threeGuestsEachSeeTheirTableOfCardsAndQueues(Level level) throws Exception {
            SeedHost host = exampleHost(level);
            host.echo("-5,-6", APMASK);
            host.create(UUID1);
            host.create(UUID2);
            host.create(UUID3);
            host.assign(UUID1, List.of(5, 6), List.of(4, "0xab"));
            host.assign(UUID2, List.of(5), List.of("0x47", "0xff"));
            host.assign(UUID3, List.of(6), List.of("0x47", "0xff"));

            try (S390Machine one = start(host, UUID1);
                    S390Machine two = start(host, UUID2);
                    S390Machine three = start(host, UUID3)) {
                assertEquals(List.of("05 CEX5C", "05.0004", "05.00ab", "06 CEX5A", "06.0004", "06.00ab"),
                        tableOf(one, level));
                assertEquals(List.of("05 CEX5C", "05.0047", "05.00ff"), tableOf(two, level));
                assertEquals(List.of("06 CEX5A", "06.0047", "06.00ff"), tableOf(three, level));
            }
        }

        private static List<String> tableOf(S390Machine vm, Level level) throws ErrnoException {
            Host inside = Host.boot(vm.platform(), HostOptions.of(level).withModules(HostOptions.GUEST_MODULES));
            List<String> rows = new ArrayList<>();
            for (int apid = 0; apid < ApMask.BITS; apid++) {
                String card = String.format("%02x", apid);
                String directory = "/sys/devices/ap/card" + card;
                if (inside.bus() != null && inside.bus().card(apid) != null) {
                    rows.add(card + " " + inside.read(directory + "/type").strip());
                    new TreeSet<>(((SysfsDirectory) inside.files().node(directory)).names())
                            .stream().filter(name -> name.startsWith(card + ".")).forEach(rows::add);
                }
            }
            return rows;
        }

        @Test
        void u104_guestsMayHaveTheSameDomainsOfOtherAdapters() throws ErrnoException {
            SeedHost host = host(Level.LINUX_6_12, ApMask.of(5, 6), 1, 2, 3, 4);
            host.echo("-1,-2,-3,-4", APMASK);
            host.create(UUID1);
            host.create(UUID2);

            host.assign(UUID1, List.of(1, 2), List.of(5, 6));
            host.assign(UUID2, List.of(3, 4), List.of(5, 6));

            assertEquals("01.0005\n01.0006\n02.0005\n02.0006\n", host.cat(MATRIX + UUID1 + "/matrix"));
            assertEquals("03.0005\n03.0006\n04.0005\n04.0006\n", host.cat(MATRIX + UUID2 + "/guest_matrix"));
        }

        @Test
        void u105_aQueueOfAnotherMediatedDeviceIsEaddrinuseNotEbusy() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);
            host.echo("-5,-6", APMASK);
            host.create(UUID1);
            host.create(UUID2);
            host.assign(UUID1, List.of(5), List.of(4));
            host.assign(UUID2, List.of(), List.of(4));

            host.refuses(Errno.EADDRINUSE, "5", MATRIX + UUID2 + "/assign_adapter");
        }

        @ParameterizedTest
        @CsvSource({"LINUX_6_12,guest_matrix hotplug ap_config", "LINUX_7_2,guest_matrix hotplug ap_config"})
        void u106_featuresAreWordsApartBySpaces(Level level, String expected) throws ErrnoException {
            String features = exampleHost(level).cat("/sys/bus/matrix/devices/matrix/features");

            assertTrue(features.matches("[A-Za-z0-9_]+(?: [A-Za-z0-9_]+)*\\n"), features);
            assertEquals(expected + "\n", features);
        }

        @Test
        void u107_mediatedDevicesDoNotOutliveTheHost() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);
            host.create(UUID1);
            assertEquals(List.of(UUID1), host.ls(TYPE + "devices"));

            Host again = Host.boot(host.machine, HostOptions.of(Level.LINUX_6_12));

            assertEquals(List.of(),
                    List.copyOf(((SysfsDirectory) again.files().node(TYPE + "devices")).names()));
        }

        @Test
        void u108_removeTakesAllAwayAndANewOneIsEmpty() throws ErrnoException {
            SeedHost host = exampleHost(Level.LINUX_6_12);
            host.echo("-5", APMASK);
            host.create(UUID1);
            host.assign(UUID1, List.of(5), List.of(4));

            host.echo(1, MATRIX + UUID1 + "/remove");
            assertFalse(host.exists(MATRIX + UUID1));
            host.create(UUID1);

            assertEquals("", host.cat(MATRIX + UUID1 + "/matrix"));
        }
    }

    @Nested
    class WhileTheGuestRuns {
        private final SeedHost host = exampleHost(Level.LINUX_6_12);

        private S390Machine guestWith(List<Integer> adapters, List<Integer> domains) throws Exception {
            host.echo("-5,-6,-9", APMASK);
            host.create(UUID1);
            host.assign(UUID1, adapters, domains);
            return start(host, UUID1);
        }

        @Test
        void u109_anAssignedAdapterDomainAndControlDomainIsPluggedAndUnassignedUnplugged() throws Exception {
            try (S390Machine vm = guestWith(List.of(5), List.of(4))) {
                host.assign(UUID1, List.of(6), List.of(0x47));
                host.echo("0xab", MATRIX + UUID1 + "/assign_control_domain");
                assertEquals(List.of(ApMask.of(5, 6), ApMask.of(4, 0x47), ApMask.of(0xab)),
                        List.of(apm(vm), aqm(vm), adm(vm)));

                host.echo(5, MATRIX + UUID1 + "/unassign_adapter");
                host.echo(4, MATRIX + UUID1 + "/unassign_domain");
                host.echo("0xab", MATRIX + UUID1 + "/unassign_control_domain");
                assertEquals(List.of(ApMask.of(6), ApMask.of(0x47), ApMask.NONE),
                        List.of(apm(vm), aqm(vm), adm(vm)));
            }
        }

        @Test
        void u110_anAdapterOfWhichAQueueIsNotWithVfioApIsNotPlugged() throws Exception {
            try (S390Machine vm = guestWith(List.of(5), List.of(4))) {
                host.echo("06.0004", BUS + "drivers/vfio_ap/unbind");

                host.assign(UUID1, List.of(6), List.of());

                assertEquals(ApMask.of(5), apm(vm));
                assertEquals("05.0004\n", host.cat(MATRIX + UUID1 + "/guest_matrix"));
            }
        }

        /** The document has the domain stay out; the kernel plugs it, and takes the adapter that cannot have it. */
        @Test
        void u111_aDomainIsPluggedAndTheAdapterWhoseQueueIsNotWithVfioApIsUnplugged() throws Exception {
            try (S390Machine vm = guestWith(List.of(5, 6), List.of(4))) {
                host.echo("06.0047", BUS + "drivers/vfio_ap/unbind");

                host.assign(UUID1, List.of(), List.of(0x47));
                assertEquals(List.of(ApMask.of(5), ApMask.of(4, 0x47)), List.of(apm(vm), aqm(vm)));

                host.echo("06.0047", BUS + "drivers/vfio_ap/bind");
                assertEquals(List.of(ApMask.of(5, 6), ApMask.of(4, 0x47)), List.of(apm(vm), aqm(vm)));
            }
        }

        @Test
        void u112_whatIsAssignedBeforeItExistsIsPluggedWhenItComes() throws Exception {
            try (S390Machine vm = guestWith(List.of(5, 9), List.of(4, 0x11))) {
                assertEquals(List.of(ApMask.of(5), ApMask.of(4)), List.of(apm(vm), aqm(vm)));

                host.machine.addAdapter(AdapterSpec.of(9, 14, AdapterMode.CCA));
                host.echo(1, BUS + "scans");
                assertEquals(List.of(ApMask.of(5, 9), ApMask.of(4)), List.of(apm(vm), aqm(vm)));

                host.machine.setUsageDomains(ApMask.of(4, 0x11, 0x47, 0xab, 0xff));
                host.echo(1, BUS + "scans");
                assertEquals(List.of(ApMask.of(5, 9), ApMask.of(4, 0x11)), List.of(apm(vm), aqm(vm)));
            }
        }

        @Test
        void u113_controlDomainsThatTheHostLacksAreFiltered() throws Exception {
            host.create(UUID1);
            host.echo("0x47", MATRIX + UUID1 + "/assign_control_domain");
            host.echo("0x48", MATRIX + UUID1 + "/assign_control_domain");

            try (S390Machine vm = start(host, UUID1)) {
                assertEquals(ApMask.of(0x47), adm(vm));
            }
            assertEquals("0047\n0048\n", host.cat(MATRIX + UUID1 + "/control_domains"));
        }
    }
}

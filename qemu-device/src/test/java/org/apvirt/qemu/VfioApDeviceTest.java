package org.apvirt.qemu;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.OTHER;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** The device on a simulated host: real mdevs, real VFIO files, real CRYCB bytes. */
class VfioApDeviceTest {
    private static ApMask adapters(S390Machine machine) {
        KvmGuest guest = machine.guest();
        assertNotNull(guest);
        return guest.crycb().apcb1().apm();
    }

    @Nested
    class Starting {
        @ParameterizedTest
        @ValueSource(strings = {"/sys/devices/vfio_ap/matrix/", "/sys/bus/mdev/devices/",
                "/sys/bus/mdev/drivers/vfio_mdev/",
                "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/devices/"})
        void s72_s73_s74_s75_s76_everyPathOfTheDocumentLeadsToTheMdev(String directory) throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-device", TestHost.device(directory + UUID))) {
                assertEquals(List.of(), machine.messages().lines());
                assertEquals(ApMask.of(5, 6), adapters(machine));
            }
        }

        @Test
        void s75_theDriverHasAnotherNameInLinux612() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_6_12);
            String argument = TestHost.device("/sys/bus/mdev/drivers/vfio_mdev/" + UUID);
            assertEquals(
                    List.of("qemu-system-s390x: -device " + argument + ": vfio /sys/bus/mdev/drivers/vfio_mdev/" + UUID
                            + ": no such host device: No such file or directory"),
                    test.refusal(QemuVersion.V10_2, "-device", argument));
            test.start(QemuVersion.V10_2, "-device", TestHost.device("/sys/bus/mdev/drivers/vfio_ap_mdev/" + UUID))
                    .close();
        }

        @ParameterizedTest
        @ValueSource(strings = {"sys/bus/mdev/devices/%s", "/sys/bus/mdev/devices/%s/", "/sys/bus/mdev/devices/%s//",
                "/sys/bus/mdev/../mdev/devices/%s"})
        void s72_relativePathsAndTrailingSlashesWork(String path) throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            test.start(QemuVersion.V10_2, "-device", TestHost.device(String.format(path, UUID))).close();
        }

        @Test
        void s77_s78_opensTheMdevAndTheGuestGetsItsMasks() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "zEC12", "-device",
                    TestHost.device(MATRIX + UUID))) {
                KvmGuest guest = machine.guest();
                assertEquals(ApMask.of(5, 6), guest.crycb().apcb1().apm());
                assertEquals(ApMask.of(4, 0xab), guest.crycb().apcb1().aqm());
                assertEquals(UUID, machine.apBridge().device().name());
            }
        }

        @Test
        void s79_theGuestsOwnBusFindsExactlyTheAssignedQueues() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-device", TestHost.device(MATRIX + UUID))) {
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
                assertNotNull(guest.bus().queue(new Apqn(5, 4)));
                assertNotNull(guest.bus().queue(new Apqn(6, 0xab)));
                assertNull(guest.bus().queue(new Apqn(5, 0x47)));
                assertNull(guest.bus().queue(new Apqn(6, 0xff)));
            }
        }

        @Test
        void s80_aCommandOfTheGuestReachesAControlDomainOfItsAdmAndNoOther() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            test.host.write(MATRIX + UUID + "/assign_control_domain", "0x47");
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
                assertEquals("86 00", reply(machine, 0x47));
                test.host.write(MATRIX + UUID + "/unassign_control_domain", "0x47");
                assertEquals("82 8b", reply(machine, 0x47)); // filtered by hypervisor
                assertEquals("86 00", reply(machine, 4)); // the queue's own domain
            }
        }

        /** Sends a query for a domain to queue 05.0004 of the guest; returns type and code of the reply. */
        private static String reply(S390Machine machine, int domain) {
            byte[] parameters = CcaFacilityQuery.request("STATICSA");
            byte[] request = new byte[Type6Header.LENGTH + Cprbx.LENGTH + parameters.length];
            Type6Header.init(request, FunctionCode.AGENT_CCA, FunctionCode.FACILITY_QUERY)
                    .toCardLength(1, Cprbx.LENGTH + parameters.length).fromCardLength(2, 4096);
            Cprbx.init(request, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(domain)
                    .requestParameterLength(parameters.length).replyDataRoom(4096);
            System.arraycopy(parameters, 0, request, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
            ApCommands commands = new ApCommands(machine.platform().instructions(), machine.platform().facilities());
            assertEquals(0, commands.nqap(new Apqn(5, 4), 1, request, request.length, false) & 0x00ff_0000);
            byte[] reply = new byte[12288];
            assertEquals(0, commands.dqap(new Apqn(5, 4), reply, 0) & 0x00ff_0000);
            return String.format("%02x %02x", reply[1], reply[4]);
        }

        @Test
        void s89_withoutApqciTheGuestsBusDetectsNoDomainAbove15() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "host,apqci=off", "-device",
                    TestHost.device(MATRIX + UUID))) {
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
                assertNotNull(guest.bus().queue(new Apqn(5, 4)));
                assertNull(guest.bus().queue(new Apqn(5, 0xab)));
            }
        }

        @Test
        void s94_withoutApftNoDriverOfTheGuestTakesAQueue() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "host,apft=off", "-device",
                    TestHost.device(MATRIX + UUID))) {
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
                assertTrue(guest.read("/sys/bus/ap/bindings").startsWith("0/"), guest.read("/sys/bus/ap/bindings"));
            }
        }

        @Test
        void s95_aQueueOfAnOlderCardCannotBeGivenToAGuest() throws Exception {
            TestHost test = new TestHost(Level.SEED);
            test.machine.addAdapter(AdapterSpec.of(7, 9, AdapterMode.CCA)); // CEX3C
            test.host.bus().scan();
            assertNotNull(test.host.bus().queue(new Apqn(7, 4)));
            ErrnoException refused = assertThrows(ErrnoException.class,
                    () -> test.host.write("/sys/bus/ap/drivers/vfio_ap/bind", "07.0004"));
            assertEquals(Errno.ENODEV, refused.errno());
        }

        @Test
        void s82_aGuestWithoutApHasNoApBus() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "host,ap=off")) {
                assertNull(machine.apBridge());
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
                assertNull(guest.bus());
            }
        }
    }

    @Nested
    class Refusals {
        private List<String> said(String argument, String message) {
            return List.of("qemu-system-s390x: -device " + argument + ": " + message);
        }

        @Test
        void aPathThatIsNotThere() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            String argument = TestHost.device("/sys/nothing");
            assertEquals(said(argument, "vfio /sys/nothing: no such host device: No such file or directory"),
                    test.refusal(QemuVersion.V10_2, "-device", argument));
            assertEquals(said("vfio-ap,sysfsdev=",
                    "vfio : no such host device: No such file or directory"),
                    test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,sysfsdev="));
        }

        @Test
        void noPathAtAll() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            assertEquals(said("vfio-ap", "vfio (null): no such host device: Bad address"),
                    test.refusal(QemuVersion.V10_2, "-device", "vfio-ap"));
        }

        @Test
        void aPathThatIsNoMdev() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            String argument = TestHost.device("/sys/devices/vfio_ap/matrix");
            assertEquals(said(argument, "vfio matrix: no iommu_group found: No such file or directory"),
                    test.refusal(QemuVersion.V10_2, "-device", argument));
            String file = TestHost.device(MATRIX + UUID + "/matrix");
            assertEquals(said(file, "vfio matrix: no iommu_group found: Not a directory"),
                    test.refusal(QemuVersion.V10_2, "-device", file));
        }

        @Test
        void theSameInTheWordsOfQemu72() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            String argument = TestHost.device("/sys/nothing");
            assertEquals(
                    said(argument, "vfio-ap: no iommu_group found for /sys/nothing: Failed to read the symbolic link "
                            + "\u201c/sys/nothing/iommu_group\u201d: No such file or directory"),
                    test.refusal(QemuVersion.V7_2, "-cpu", "host,ap=on", "-device", argument));
        }

        @Test
        void anMdevThatAnotherQemuHas() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            String argument = TestHost.device(MATRIX + UUID);
            try (S390Machine first = test.start(QemuVersion.V10_2, "-device", argument)) {
                assertEquals(
                        said(argument, "vfio " + UUID + ": Could not open '/dev/vfio/0': Device or resource busy"),
                        test.refusal(QemuVersion.V10_2, "-device", argument));
                assertEquals(said(argument, "failed to open /dev/vfio/0: Device or resource busy"),
                        test.refusal(QemuVersion.V7_2, "-device", argument));
                assertEquals(ApMask.of(5, 6), adapters(first));
            }
            assertTrue(QemuCheck.of(test.qemu(QemuVersion.V10_2), TestHost.words("-device", argument)).passes());
        }

        @Test
        void theSameMdevTwiceInOneQemu() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            try (S390Machine machine = test.start(QemuVersion.V10_2)) {
                VfioGroups groups = new VfioGroups(test.access(), null, 1 << 20, true);
                VfioDeviceProbe probe = new VfioDeviceProbe(test, groups);
                assertEquals("error getting device from group 0: Invalid argument", probe.refusal(UUID));
                assertNotNull(machine.guest());
            }
            HostAccess access = test.access();
            VfioGroups groups = new VfioGroups(access, access.createVm(), 1 << 20, true);
            VfioDeviceProbe probe = new VfioDeviceProbe(test, groups);
            VfioGroups.Attached attached = groups.attach(UUID, test.files.getPath(MATRIX + UUID));
            assertEquals("device is already attached", probe.refusal(UUID));
            attached.detach();
            groups.close();
        }

        @Test
        void s85_s93_aGuestWithVfioApButWithoutApDoesNotStart() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            String argument = TestHost.device(MATRIX + UUID);
            List<String> seed = test.refusal(QemuVersion.SEED, "-cpu", "zEC12,ap=off", "-device", argument);
            assertEquals("qemu-system-s390x: warning: 'apqci' requires 'ap'.", seed.get(0)); // both are on by default
            assertEquals("qemu-system-s390x: warning: 'apft' requires 'ap'.", seed.get(1));
            assertEquals(said(argument, "No 'ap-bus' bus found for device 'vfio-ap'"), seed.subList(2, seed.size()));
            assertEquals(said(argument, "No 'ap-bus' bus found for device 'vfio-ap'"),
                    test.refusal(QemuVersion.V10_2, "-cpu", "zEC12", "-device", argument));
        }

        @Test
        void moreThanOneDevice() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            test.create(OTHER, List.of(5), List.of(0x47));
            String first = TestHost.device(MATRIX + UUID);
            String second = TestHost.device(MATRIX + OTHER);
            assertEquals(said(second, "A 'ap-bus' bus was found but is full"),
                    test.refusal(QemuVersion.V10_2, "-device", first, "-device", second));
            assertEquals(said(second + ",bus=ap-bus", "Bus 'ap-bus' is full"),
                    test.refusal(QemuVersion.V10_2, "-device", first, "-device", second + ",bus=ap-bus"));
            assertTrue(QemuCheck.of(test.qemu(QemuVersion.V10_2), TestHost.words("-device", second)).passes());
        }

        @Test
        void propertiesThatItDoesNotHave() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            assertEquals(said("vfio-ap,foo=1", "Property 'vfio-ap.foo' not found"),
                    test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,foo=1"));
            assertEquals(said("vfio-ap,fd=3", "Property 'vfio-ap.fd' not found"),
                    test.refusal(QemuVersion.V7_2, "-cpu", "host", "-device", "vfio-ap,fd=3"));
        }

        @Test
        void aDescriptorWithoutIommufd() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            assertEquals(said("vfio-ap,fd=3", "Use FD passing only with iommufd backend"),
                    test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,fd=3"));
        }

        @Test
        void iommufdThatTheHostDoesNotHave() throws Exception {
            TestHost test = TestHost.withMdev(Level.SEED);
            assertEquals(said("vfio-ap,iommufd=i0", "Device 'i0' not found"),
                    test.refusal(QemuVersion.V10_2, "-device", "vfio-ap,iommufd=i0"));
            String path = MATRIX + UUID;
            String argument = TestHost.device(path) + ",iommufd=i0";
            assertEquals(
                    said(argument, "vfio " + UUID + ": vfio " + path + "/vfio-dev: failed to load \"" + path
                            + "/vfio-dev/vfio0/dev\""),
                    test.refusal(QemuVersion.V10_2, "-object", "iommufd,id=i0", "-device", argument));
        }
    }

    /** Tries to attach and tells what it was refused with. */
    private record VfioDeviceProbe(TestHost test, VfioGroups groups) {
        String refusal(String uuid) {
            try {
                groups.attach(uuid, test.files.getPath(MATRIX + uuid));
                return "not refused";
            } catch (QemuException e) {
                return e.getMessage();
            }
        }
    }

    @Nested
    class WhileRunning {
        @Test
        void deviceAddPlugsIntoTheEmptyBus() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_2)) {
                assertEquals(ApMask.NONE, adapters(machine));
                machine.deviceAdd(DeviceOptions.of(Map.of("driver", "vfio-ap", "id", "x", "sysfsdev",
                        MATRIX + UUID)));
                assertEquals(ApMask.of(5, 6), adapters(machine));
            }
        }

        @Test
        void deviceDelTakesTheMasksAwayBeforeItReturns() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            List<String> deleted = new ArrayList<>();
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device",
                    TestHost.device(MATRIX + UUID) + ",id=x")) {
                machine.onEvent((id, path) -> deleted.add(id + " " + path));
                machine.deviceDel("x");
                assertEquals(List.of("x /machine/peripheral/x"), deleted);
                assertEquals(ApMask.NONE, adapters(machine));
                assertNull(machine.apBridge().device());
                machine.deviceAdd(DeviceOptions.of(Map.of("driver", "vfio-ap", "sysfsdev", MATRIX + UUID)));
                machine.deviceDel("/machine/peripheral-anon/device[0]");
                assertEquals("null /machine/peripheral-anon/device[0]", deleted.get(1));
            }
        }

        @Test
        void refusalsOverQmpHaveTheirClass() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", "virtio-rng-ccw,id=a")) {
                assertEquals("GenericError: Duplicate device ID 'a'", qmp(machine, "driver", "vfio-ap", "id", "a"));
                assertEquals("GenericError: Parameter 'id' expects an identifier",
                        qmp(machine, "driver", "vfio-ap", "id", "1x"));
                assertEquals("GenericError: Parameter 'driver' is missing", qmp(machine, "id", "b"));
                assertEquals("GenericError: 'vfio_ap' is not a valid device model name",
                        qmp(machine, "driver", "vfio_ap"));
                assertEquals("DeviceNotFound: Device 'zz' not found", qmpDel(machine, "zz"));
                machine.deviceDel("a");
                assertEquals("DeviceNotFound: Device 'a' not found", qmpDel(machine, "a"));
            }
        }

        private static String qmp(S390Machine machine, String... pairs) {
            Map<String, String> arguments = new LinkedHashMap<>();
            for (int i = 0; i < pairs.length; i += 2) {
                arguments.put(pairs[i], pairs[i + 1]);
            }
            try {
                machine.deviceAdd(DeviceOptions.of(arguments));
                return "done";
            } catch (QemuException e) {
                return e.errorClass() + ": " + e.getMessage();
            }
        }

        private static String qmpDel(S390Machine machine, String id) {
            try {
                machine.deviceDel(id);
                return "done";
            } catch (QemuException e) {
                return e.errorClass() + ": " + e.getMessage();
            }
        }

        @Test
        void everyKindOfResetResetsTheGuestsQueues() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
                List<ResetKind> heard = new ArrayList<>();
                machine.onEvent(new MachineListener() {
                    @Override
                    public void onDeviceDeleted(String id, String path) {
                        throw new AssertionError(path);
                    }

                    @Override
                    public void onReset(ResetKind kind) {
                        heard.add(kind);
                    }
                });
                for (ResetKind kind : ResetKind.values()) {
                    List<Integer> reset = new ArrayList<>();
                    try (AutoCloseable listening = test.machine.onInstruction((fc, qid, rc) -> {
                        if (fc == 2) {
                            reset.add(qid);
                        }
                    })) {
                        machine.reset(kind);
                    }
                    reset.sort(null);
                    assertEquals(List.of(0x0504, 0x05ab, 0x0604, 0x06ab), reset, kind.toString());
                }
                assertEquals(List.of(ResetKind.values()), heard);
                assertEquals(List.of(), machine.messages().lines());
            }
        }

        @Test
        void aFailedResetIsPrintedAndTheMachineGoesOn() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
                test.machine.setResponse(new Apqn(5, 4), 0x10);
                machine.reset(ResetKind.REIPL);
                assertEquals(
                        List.of("qemu-system-s390x: vfio_ap_reset: failed to reset " + UUID
                                + " device: Input/output error"),
                        machine.messages().lines());
                test.machine.setResponse(new Apqn(5, 4), -1);
            }
        }

        @Test
        void aRequestOfTheHostUnplugsTheDevice() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            List<String> deleted = new ArrayList<>();
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device",
                    TestHost.device(MATRIX + UUID) + ",id=x")) {
                machine.onEvent((id, path) -> deleted.add(path));
                Thread remover = new Thread(() -> {
                    try {
                        test.host.write(MATRIX + UUID + "/remove", "1");
                    } catch (ErrnoException e) {
                        throw new AssertionError(e);
                    }
                });
                remover.start();
                while (test.loop.run() == 0 || !deleted.contains("/machine/peripheral/x")) {
                    Thread.onSpinWait();
                }
                remover.join();
                assertFalse(Files.exists(test.files.getPath(MATRIX + UUID)));
                assertNull(machine.apBridge().device());
            }
        }

        @Test
        void aChangeOfTheGuestsMasksMakesTheGuestScanItsBus() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID))) {
                Host guest = Host.boot(machine.platform(),
                        HostOptions.of(Level.LINUX_7_2).withModules(HostOptions.GUEST_MODULES));
                assertNull(guest.bus().queue(new Apqn(6, 0x47)));
                test.host.write(MATRIX + UUID + "/assign_domain", "0x47");
                assertNull(guest.bus().queue(new Apqn(6, 0x47)));
                test.loop.run();
                ((VirtualTime) test.host.kernel().time()).advance(0);
                assertNotNull(guest.bus().queue(new Apqn(6, 0x47)));
            }
        }

        @Test
        void aQemuBefore101DoesNotTellTheGuest() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            try (S390Machine machine = test.start(QemuVersion.V10_0, "-device", TestHost.device(MATRIX + UUID))) {
                machine.channelSubsystem().onReport(() -> fail("a channel report"));
                test.host.write(MATRIX + UUID + "/assign_domain", "0x47");
                test.loop.run();
                assertEquals("0008000500000000",
                        HexFormat.of().formatHex(machine.channelSubsystem().storeEventInformation()));
                assertEquals(List.of(), machine.messages().lines());
            }
        }

        @Test
        void linux612HasOneInterruptAndQemu102WarnsAboutTheOther() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_6_12);
            String argument = TestHost.device(MATRIX + UUID);
            try (S390Machine machine = test.start(QemuVersion.V10_2, "-device", argument)) {
                assertEquals(List.of("qemu-system-s390x: -device " + argument
                        + ": warning: vfio: IRQ 1 not available (number of irqs 1)"), machine.messages().lines());
            }
        }

        @Test
        void closingTakesTheMasksFromTheGuestAndTheMdevIsFree() throws Exception {
            TestHost test = TestHost.withMdev(Level.LINUX_7_2);
            S390Machine machine = test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID));
            KvmGuest guest = machine.guest();
            machine.close();
            machine.close();
            assertEquals(ApMask.NONE, guest.crycb().apcb1().apm());
            test.start(QemuVersion.V10_2, "-device", TestHost.device(MATRIX + UUID)).close();
        }
    }
}

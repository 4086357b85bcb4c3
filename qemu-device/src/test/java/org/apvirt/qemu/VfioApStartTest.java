// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Pqap;
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
import org.apvirt.z90crypt.ZcryptDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Starting a guest with the device on a simulated host: real mdevs, real VFIO files, real CRYCB bytes. */
class VfioApStartTest {
    private static ApMask adapters(S390Machine machine) {
        KvmGuest guest = machine.guest();
        assertNotNull(guest);
        return guest.crycb().apcb1().apm();
    }

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
    void s70_s77_s78_theMdevIsOpenFromStartToEndAndItsMasksAreInTheCrycb() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        String status = "/sys/devices/ap/card05/05.0004/status";
        try (S390Machine without = test.start(QemuVersion.SEED, "-cpu", "zEC12")) {
            assertEquals(ApMask.NONE, adapters(without));
            assertEquals("assigned\n", test.host.read(status));
        }
        KvmGuest guest;
        try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "zEC12", "-device",
                TestHost.device(MATRIX + UUID))) {
            guest = machine.guest();
            assertEquals(ApMask.of(5, 6), guest.crycb().apcb1().apm());
            assertEquals(ApMask.of(4, 0xab), guest.crycb().apcb1().aqm());
            assertEquals(UUID, machine.apBridge().device().name());
            assertEquals("in use\n", test.host.read(status));
        }
        assertEquals("assigned\n", test.host.read(status));
        assertEquals(ApMask.NONE, guest.crycb().apcb1().apm());
    }

    @Test
    void s79_aProgramInTheGuestReachesTheQueuesOfTheMasks() throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        try (S390Machine machine = test.start(QemuVersion.SEED, "-device", TestHost.device(MATRIX + UUID))) {
            Host guest = Host.boot(machine.platform(),
                    HostOptions.of(Level.SEED).withModules(HostOptions.GUEST_MODULES));
            test.time.advanceMillis(200);
            try (ZcryptDevice program = ZcryptDevice.open(guest.kernel(), "z90crypt")) {
                assertEquals(List.of(new Apqn(5, 4), new Apqn(5, 0xab), new Apqn(6, 4), new Apqn(6, 0xab)),
                        program.status().queues().stream().map(ZcryptDevice.QueueStatus::apqn).toList());
                byte[] answer = program.modExpo(new byte[]{4}, new byte[]{3}, new byte[]{33});
                assertArrayEquals(new byte[]{31}, answer); // 4 to the power of 3 modulo 33
            }
            assertEquals("1\n", guest.read("/sys/devices/ap/card06/request_count"));
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

    /** Executes PQAP in the guest; returns the condition code, or 10006: specification exception. */
    private static String pqap(S390Machine machine, ApRegisters registers, long gr0) {
        registers.gr(0, gr0);
        return Integer.toHexString(machine.platform().instructions().pqap(registers, new ArrayStorage(4096)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"apqci=on, 0", "apqci=off, 10006"})
    void s86_apqciLetsTheGuestQueryItsConfiguration(String feature, String result) throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "host," + feature, "-device",
                TestHost.device(MATRIX + UUID))) {
            assertEquals(result, pqap(machine, new ApRegisters(), 0x0400_0000));
            ApConfigInfo info = new ApCommands(machine.platform().instructions(), machine.platform().facilities())
                    .qci();
            assertEquals(result.equals("0"), info != null);
            assertTrue(info == null || info.apm().equals(ApMask.of(5, 6)) && info.aqm().equals(ApMask.of(4, 0xab)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"apft=on, 0, b", "apft=off, 10006, 0"})
    void s90_apftLetsTheGuestTestTheFacilitiesOfAQueue(String feature, String result, String type) throws Exception {
        TestHost test = TestHost.withMdev(Level.SEED);
        try (S390Machine machine = test.start(QemuVersion.SEED, "-cpu", "host," + feature, "-device",
                TestHost.device(MATRIX + UUID))) {
            ApRegisters registers = new ApRegisters();
            assertEquals(result, pqap(machine, registers, 0x0080_0504));
            assertEquals(type, Integer.toHexString(new ApHardwareInfo(registers.gr(2)).type()));
            assertEquals("0", pqap(machine, registers, 0x0504)); // without the T bit
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"apqi=on, 0", "apqi=off, 10006"})
    void u73_apqiLetsTheGuestAskForInterruptions(String feature, String result) throws Exception {
        TestHost test = TestHost.withMdev(Level.LINUX_7_2);
        try (S390Machine machine = test.start(QemuVersion.V10_2, "-cpu", "host," + feature, "-device",
                TestHost.device(MATRIX + UUID))) {
            ApRegisters registers = new ApRegisters();
            registers.gr(1, Pqap.AQIC_IR);
            registers.gr(2, 0x200);
            assertEquals(result, pqap(machine, registers, 0x0300_0504));
            pqap(machine, registers, 0x0504);
            assertEquals(result.equals("0"), (registers.low(1) & ApQueueStatus.IRQ_ENABLED) != 0);
        }
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

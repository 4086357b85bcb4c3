// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.documents;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.RealTime;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.device.Kernel;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.hw.ApHardware;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CryptoDomain;
import org.apvirt.sim.Fault;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.WrappingKey;
import org.apvirt.sysfs.SysfsException;
import org.apvirt.sysfs.SysfsFileSystem;
import org.apvirt.z90crypt.ZcryptDevice;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;
import org.apvirt.zcrypt.ZcryptQuirk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Java of the documents, as it stands there; {@link DocumentsTest} holds it against them. */
class SnippetsTest {
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/";

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream before = System.out;

    @BeforeEach
    void catchWhatIsPrinted() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void printAgain() {
        System.setOut(before);
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void aBusIsStarted() throws Exception {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = SimulatedMachine.builder(time)
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR)).usageDomains(ApMask.of(4)).build();
        // @formatter:off
        Kernel kernel = new Kernel(machine.time(), ApQuirk.LINUX_6_12, ZcryptQuirk.LINUX_6_12);
        kernel.onUevent(System.out::println);
        ApBus bus = ApBus.start(kernel, machine.platform(), ApBusParameters.DEFAULT);
        ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
        // @formatter:on
        time.advance(1_000_000_000L);

        List<String> expected = documented("ap-bus/README.md", "add@/devices/ap/card06\n");
        List<String> found = new ArrayList<>();
        int at = 0;
        for (String line : lines()) {
            if (at < expected.size() && matches(expected.get(at), line)) {
                found.add(expected.get(at++));
            }
        }
        assertEquals(expected, found, () -> String.join("\n", lines()));
    }

    /** In the document {@code ..} stands for variables that are left out, and a line without brackets for one with any. */
    private static boolean matches(String documented, String line) {
        int bracket = documented.indexOf('[');
        if (bracket < 0) {
            return line.equals(documented) || line.startsWith(documented + ' ');
        }
        return line.startsWith(documented.substring(0, bracket)) && List.of(documented
                .substring(bracket + 1, documented.length() - 1).split(", ")).stream()
                .allMatch(part -> part.equals("..") || line.contains(part));
    }

    private static List<String> documented(String file, String start) throws IOException {
        return Block.all().stream().filter(block -> block.file().equals(file) && block.text().startsWith(start))
                .findFirst().orElseThrow().text().lines().toList();
    }

    @Test
    void aHostIsBooted() throws Exception {
        Path root = Path.of("..");
        String text = Files.readString(root.resolve("host/README.md"));
        assertTrue(text.contains("Path.of(\"examples/machine.yaml\")"));
        // @formatter:off
        MachineFile file = MachineFile.read(Path.of("../examples/machine.yaml"));
        Host host = file.boot(new VirtualTime());
        host.write("/sys/bus/ap/drivers/cex4queue/unbind", "05.0004");
        host.read("/sys/bus/ap/bindings");
        // @formatter:on
        assertTrue(host.read("/sys/bus/ap/bindings").matches("\\d+/\\d+ \\(\\d+\\)\n|\\d+/\\d+.*\n"),
                host.read("/sys/bus/ap/bindings"));
    }

    @Test
    void theHardwareIsOpenedOrTheSimulatorTaken() {
        SimulatedMachine simulatedMachine = SimulatedMachine.builder(new VirtualTime()).build();
        // @formatter:off
        ApHardware.Opened opened = ApHardware.openElse(new RealTime(), simulatedMachine.platform());
        System.out.println(opened); // says which of the two it took, and why
        // @formatter:on
        assertEquals(1, lines().size());
    }

    @Test
    void aMachineIsBuilt() {
        // @formatter:off
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = SimulatedMachine.builder(time)
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))                  // CEX5C
                .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR).depth(4)) // CEX8A
                .usageDomains(ApMask.of(4, 0x47))
                .build();
        ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
        System.out.println(new ApQueueStatus(ap.tapq(new Apqn(5, 4))));                 // 0x80000000 (NORMAL)
        System.out.println(new ApHardwareInfo(ap.hardwareInfo()));                      // 0xf20000000bff0007

        machine.adapter(5).change(spec -> spec.checkstopped(true));
        System.out.println(new ApQueueStatus(ap.tapq(new Apqn(5, 4))));                 // 0x80040000 (CHECKSTOPPED)
        machine.inject(Fault.busy(new Apqn(6, 4), 2));                                  // the next two PQAPs end with BUSY
        machine.inject(new Fault.Outage(6, true, Duration.ofSeconds(3), Duration.ofSeconds(1)));
        // @formatter:on
        assertEquals(List.of("0x80000000 (NORMAL)", "0xf20000000bff0007", "0x80040000 (CHECKSTOPPED)"), lines());
    }

    @Test
    void keysAreMadeInACard() throws Exception {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).administration(true)
                .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).adapter(AdapterSpec.of(8, 13, AdapterMode.EP11))
                .usageDomains(ApMask.of(4)).build();
        for (WrappingKey.Operation each : List.of(WrappingKey.Operation.GENERATE, WrappingKey.Operation.COMMIT,
                WrappingKey.Operation.FINALIZE)) {
            machine.adapter(8).cryptoDomain(4).change(each);
        }
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        byte[] hash = new byte[32];
        // @formatter:off
        CryptoDomain domain = machine.adapter(5).cryptoDomain(4);
        domain.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, new byte[0]);
        domain.change(MasterKeySet.AES, MasterKeyOperation.SET, new byte[0]);

        try (ZcryptDevice device = ZcryptDevice.open(host.kernel(), "z90crypt")) {
            byte[] token = device.keys().generateAes(new Apqn(5, 4), 256);
            byte[] forTheCpu = device.keys().protectedKey(new Apqn(5, 4), token);

            byte[] cipher = device.keys().importCipher(new Apqn(5, 4), new byte[32]);
            byte[] blob = device.ep11Keys().generate(new Apqn(8, 4), 256); // of an EP11 card

            EcClearToken key = device.keys().generate(EcCurve.P256);
            byte[] signature = device.keys().sign(key, hash);
            boolean good = device.keys().verify(key, hash, signature);
        }
        // @formatter:on
        assertEquals(List.of(), lines());
    }

    @Test
    void aRefusalTellsItsErrno() throws Exception {
        Host host = MachineFile.parse("level: linux-6.12\nadapters: {5: CEX5C}\nusage-domains: [4]\n", "m")
                .boot(new VirtualTime());
        host.write("/sys/bus/ap/apmask", "-5");
        String uuid = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
        String other = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff03";
        for (String mdev : List.of(uuid, other)) {
            host.write(TYPE + "create", mdev);
            host.write("/sys/bus/mdev/devices/" + mdev + "/assign_adapter", "5");
        }
        host.write("/sys/bus/mdev/devices/" + other + "/assign_domain", "4");
        // @formatter:off
        FileSystem fs = SysfsFileSystem.of(host.root());
        try {
            Files.writeString(fs.getPath("/sys/devices/vfio_ap/matrix", uuid, "assign_domain"), "4");
        } catch (SysfsException e) {
            System.out.println(e.errno() + " " + e.getMessage()); // EADDRINUSE …: EADDRINUSE: 05.0004 …
        }
        // @formatter:on
        assertEquals(1, lines().size());
        assertTrue(lines().get(0).matches("EADDRINUSE .*: EADDRINUSE: 05\\.0004 .*"), lines().get(0));
    }

    @Test
    void aProgramUsesTheNode() throws Exception {
        byte[] message = new byte[128];
        byte[] exponent = new byte[128];
        byte[] modulus = new byte[128];
        message[127] = 2;
        exponent[127] = 3;
        modulus[0] = (byte) 0x80;
        modulus[127] = 1;
        // @formatter:off
        Host host = MachineFile.read(Path.of("../examples/machine.yaml")).boot(new VirtualTime());
        try (ZcryptDevice device = ZcryptDevice.open(host.kernel(), "z90crypt")) {
            byte[] cipher = device.modExpo(message, exponent, modulus);
            System.out.println(device.status().queues());
        }

        switch (ZcryptDevice.open(Path.of("/dev/z90crypt"))) {
            case ZcryptDevice.Opened opened -> use(opened.device());     // Linux on s390x, by ioctl through JNA
            case ZcryptDevice.Refused refused -> System.err.println(refused.reason());
        }
        // @formatter:on
        assertEquals(1, lines().size());
    }

    private static void use(ZcryptDevice device) throws IOException {
        device.close();
    }
}

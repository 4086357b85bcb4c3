// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.sun.jna.Native;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.arch.Time;
import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.host.HostOptions;
import org.apvirt.host.Level;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.z90crypt.ZcryptDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * A Java program drives the real {@code /dev/z90crypt} of a stock s390x kernel by ioctl, and gets what the same program
 * gets on a simulated system.
 */
class RealZcryptIT {
    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private static SimulatedMachine machine(Time time) {
        return SimulatedMachine.builder(time).nd(84).usageDomains(ApMask.of(4, 0x47))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
                .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
                .build();
    }

    private static RSAPrivateCrtKey key(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
    }

    private static String result(String name, BigInteger number, int bits) {
        return name + ' ' + "0".repeat(bits / 4 - number.toString(16).length()) + number.toString(16);
    }

    @Test
    void answersAJavaProgramInTheGuestAsTheSimulatedOneDoes() throws Exception {
        List<String> numbers = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        BigInteger message = new BigInteger("123456789abcdef0", 16);
        for (int bits : new int[]{1024, 2048, 4096}) {
            RSAPrivateCrtKey key = key(bits);
            Stream.of(message, key.getModulus(), key.getPublicExponent(), key.getPrimeP(), key.getPrimeQ(),
                    key.getPrimeExponentP(), key.getPrimeExponentQ(), key.getCrtCoefficient())
                    .forEach(number -> numbers.add(number.toString(16)));
            expected.add(result("me", message.modPow(key.getPublicExponent(), key.getModulus()), bits));
            expected.add(result("crt", message.modPow(key.getPrivateExponent(), key.getModulus()), bits));
        }
        expected.addAll(List.of("even modulus: EINVAL",
                "QueueStatus[apqn=05.0004, type=11, online=true, functions=60]",
                "QueueStatus[apqn=05.0047, type=11, online=true, functions=60]",
                "QueueStatus[apqn=06.0004, type=14, online=true, functions=58]",
                "QueueStatus[apqn=06.0047, type=14, online=true, functions=58]",
                "QueueStatus[apqn=08.0004, type=13, online=true, functions=57]",
                "QueueStatus[apqn=08.0047, type=13, online=true, functions=57]",
                "kinds 7 12 12, domain 4, waiting 0, pending 0",
                "random bytes 5000, once more the same: false", "CCA CARDFIVE", "EP11 CARDEIGHT       ",
                "unknown verb: EINVAL: card answered status 0008044d", "no such card: ENODEV"));

        assertEquals(expected, onTheSimulatedSystem(numbers));

        Path archive = temporary.resolve("jvm.cpio");
        GuestJvm.write(archive,
                Map.of("jna.jar", Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI())));
        try (StockGuest guest = new StockGuest.Recipe("trixie").archive(archive).script(GuestJvm.FUNCTION
                + "java org.apvirt.it.guest.ZcryptClient " + String.join(" ", numbers) + "\n")
                .start(machine(time).platform())) {
            String console = guest.awaitEnd();
            expected.addFirst("/dev/nothing: no such file or directory (load the module zcrypt)");
            List<String> lines = console.lines().dropWhile(line -> !line.startsWith("/dev/nothing")).toList();
            assertEquals(String.join("\n", expected),
                    String.join("\n", lines.subList(0, Math.min(expected.size(), lines.size()))), console);
        }
    }

    private static List<String> onTheSimulatedSystem(List<String> numbers) throws Exception {
        Host host = Host.boot(machine(new VirtualTime()), HostOptions.of(Level.LINUX_6_12));
        try (ZcryptDevice device = ZcryptDevice.open(host.kernel(), "z90crypt")) {
            return ZcryptClient.transcript(device, numbers);
        }
    }
}

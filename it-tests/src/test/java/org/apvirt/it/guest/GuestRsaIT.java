// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAKeyGenParameterSpec;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A program in a stock guest computes with our cards through {@code /dev/z90crypt}; Java computes the same. */
class GuestRsaIT {
    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private SimulatedMachine machine(AdapterMode mode) {
        return SimulatedMachine.builder(time).adapter(AdapterSpec.of(6, 11, mode))
                .usageDomains(ApMask.of(4)).build();
    }

    private static RSAPrivateCrtKey key(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4));
        return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
    }

    private static String hex(BigInteger number) {
        return number.toString(16);
    }

    private void computes(AdapterMode mode) throws Exception {
        StringBuilder script = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        BigInteger input = new BigInteger("123456789abcdef0", 16);
        for (int bits : new int[]{1024, 2048, 4096}) {
            RSAPrivateCrtKey key = key(bits);
            script.append(String.format("rsa me %d %s %s %s\n", bits / 8, hex(input), hex(key.getPublicExponent()),
                    hex(key.getModulus())));
            expected.append(result(input.modPow(key.getPublicExponent(), key.getModulus()), bits));
            script.append(String.format("rsa crt %d %s %s %s %s %s %s\n", bits / 8, hex(input), hex(key.getPrimeP()),
                    hex(key.getPrimeQ()), hex(key.getPrimeExponentP()), hex(key.getPrimeExponentQ()),
                    hex(key.getCrtCoefficient())));
            expected.append(result(input.modPow(key.getPrivateExponent(), key.getModulus()), bits));
        }
        try (StockGuest guest = new StockGuest.Recipe("trixie").program("bin/rsa", StockGuest.program("rsa", temporary))
                .script(script.toString()).start(machine(mode).platform())) {
            String console = guest.awaitEnd();
            assertEquals(expected.toString(), results(console), console);
        }
    }

    private static String result(BigInteger number, int bits) {
        return "result " + "0".repeat(bits / 4 - hex(number).length()) + hex(number) + "\n";
    }

    private static String results(String console) {
        StringBuilder results = new StringBuilder();
        console.lines().filter(line -> line.matches("result .*|error .*"))
                .forEach(line -> results.append(line).append('\n'));
        return results.toString();
    }

    @Test
    void anAcceleratorComputesModExpoAndCrtOfAllSizes() throws Exception {
        computes(AdapterMode.ACCELERATOR);
    }

    @Test
    void aCcaCoprocessorComputesThemToo() throws Exception {
        computes(AdapterMode.CCA);
    }

    @Test
    void anApInstructionInAUserProgramIsAPrivilegedOperation() throws Exception {
        try (StockGuest guest = new StockGuest.Recipe("bookworm")
                .program("bin/rsa", StockGuest.program("rsa", temporary)).script("rsa sigill")
                .start(machine(AdapterMode.CCA).platform())) {
            String console = guest.awaitEnd();
            assertTrue(console.contains("sigill 5"), console); // ILL_PRVOPC; QEMU alone gives ILL_ILLOPC, 1
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Debian's openssl and opencryptoki in a stock guest compute on our cards: RSA and elliptic curves through libica, which counts
 * where each request was done.
 */
class CryptoProgramsIT {
    @TempDir
    private Path temporary;

    private Path archive() throws Exception {
        Programs.Output made = Programs.run(List.of(Programs.ROOT.resolve(".ci/crypto-programs").toString()));
        Programs.require("qemu.required", made.status() == 0, made.text());
        Path archive = temporary.resolve("programs.cpio");
        try (Cpio cpio = new Cpio(Files.newOutputStream(archive));
                Stream<Path> files = Files.list(Path.of(made.lastLine()))) {
            for (Path each : files.sorted().toList()) {
                cpio.tree(each.getFileName().toString(), each);
            }
        }
        return archive;
    }

    private static byte[] rsaKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return ("-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n").getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void debiansProgramsComputeOnTheCard() throws Exception {
        try (RealTime time = new RealTime()) {
            SimulatedMachine machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
                    .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).build();
            try (StockGuest guest = new StockGuest.Recipe("trixie").archive(archive()).file("rsa.pem", rsaKey())
                    .script(Files.readString(Path.of("src/test/sh/crypto-programs.sh"))).start(machine.platform())) {
                for (String stage : List.of("--- opencryptoki", "told: p11sak", "told: token RSA-CRT")) {
                    guest.await(stage); // libica tests itself in each program, which takes its time in TCG
                }
                String console = guest.awaitEnd();
                assertEquals("""
                        told: RSA without a provider uses the card
                        told: P-256 Verified OK
                        told: P-256 one bit: Verification failure
                        told: P-256 one secret
                        told: brainpoolP256r1 Verified OK
                        told: brainpoolP256r1 one bit: Verification failure
                        told: RSA Verified OK
                        told: RSA one bit: Verification failure
                        told: ibmca ECDH: 2
                        told: ibmca ECDSA Sign: 2
                        told: ibmca ECDSA Verify: 2
                        told: ibmca EC Keygen: 3
                        told: ibmca RSA-CRT: 1
                        told: Label apvirt
                        told: Model ICA
                        told: CKM_ECDH_AES_KEY_WRAP
                        told: CKM_ECDSA
                        told: CKM_EC_KEY_PAIR_GEN
                        told: CKM_RSA_PKCS
                        told: private EC new:prv
                        told: public EC new:pub
                        told: p11sak EC Keygen: 1
                        told: token-EC Verified OK
                        told: token-EC one bit: Verification failure
                        told: token-RSA Verified OK
                        told: token-RSA one bit: Verification failure
                        told: token ECDSA Sign: 1
                        told: token RSA-CRT: 1
                        """, told(console), console);
            }
        }
    }

    private static String told(String console) {
        StringBuilder told = new StringBuilder();
        console.lines().filter(line -> line.startsWith("told: ")).forEach(line -> told.append(line).append('\n'));
        return told.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.it.Programs;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CryptoDomain;
import org.apvirt.sim.KeyChange;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.WrappingKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Linux's own pkey, built beside a stock kernel and loaded into it, makes, imports and checks secure keys on our cards,
 * and sees what becomes of them when their master key changes.
 */
class PkeyKernelIT {
    private static final byte[] NO_PART = {};
    private static final String EXPECTED = """
            GENSECK: token of 64 bytes
            VERIFYKEY: 05.0004 256 bits
            CLR2SECK: token of 64 bytes
            CLR2SECK: token of 64 bytes
            one clear key, one token
            one clear key, one protected key of 48 bytes
            GENSECK2 type 1: token of 64 bytes
            CLR2SECK2 type 1: token of 64 bytes
            VERIFYKEY2 type 1: 05.0004 type 1 256 bits current
            VERIFYKEY2 type 1: 05.0004 type 1 128 bits current
            the protected key of type 1 is that of type 1
            GENSECK2 type 2: token of 136 bytes
            CLR2SECK2 type 2: token of 120 bytes
            VERIFYKEY2 type 2: 05.0004 type 2 256 bits current
            VERIFYKEY2 type 2: 05.0004 type 2 128 bits current
            the protected key of type 2 is that of type 1
            GENSECK2 type 3: token of 256 bytes
            CLR2SECK2 type 3: token of 256 bytes
            VERIFYKEY2 type 3: 06.0004 type 3 256 bits current
            VERIFYKEY2 type 3: 06.0004 type 3 128 bits current
            the protected key of type 3 is that of type 1
            ccadata/ccadata_aes_256: 05.0004 type 1 256 bits current
            ccacipher/ccacipher_aes_256: 05.0004 type 2 256 bits current
            ep11/ep11_aes_256: 06.0004 type 6 256 bits current
            the attribute's key has the pattern of mkvps
            a changed token: error Input/output error
            after one SET: 05.0004 type 1 256 bits old
            after one SET: 05.0004 256 bits old
            the protected key is the same
            after two: error No such device
            after two, EP11: error No such device
            """;

    @TempDir
    private Path temporary;
    private final RealTime time = new RealTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
            .adapter(AdapterSpec.of(5, 13, AdapterMode.CCA)).adapter(AdapterSpec.of(6, 13, AdapterMode.EP11)).build();

    @AfterEach
    void stopTheClock() {
        time.close();
    }

    private void newMasterKey() {
        CryptoDomain domain = machine.adapter(5).cryptoDomain(4);
        assertEquals(KeyChange.DONE, domain.change(MasterKeySet.AES, MasterKeyOperation.RANDOM, NO_PART));
        assertEquals(KeyChange.DONE, domain.change(MasterKeySet.AES, MasterKeyOperation.SET, NO_PART));
    }

    private void newWrappingKey() {
        CryptoDomain domain = machine.adapter(6).cryptoDomain(4);
        for (WrappingKey.Operation each : List.of(WrappingKey.Operation.GENERATE, WrappingKey.Operation.COMMIT,
                WrappingKey.Operation.FINALIZE)) {
            assertEquals(KeyChange.DONE, domain.change(each));
        }
    }

    private Path modules() throws Exception {
        Programs.Output made = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-pkey").toString(), "trixie"));
        Programs.require("qemu.required", made.status() == 0, made.text());
        Path archive = temporary.resolve("modules.cpio");
        try (Cpio cpio = new Cpio(Files.newOutputStream(archive))) {
            cpio.tree("modules", Path.of(made.lastLine()));
        }
        return archive;
    }

    private static List<String> told(String console) {
        return console.lines().filter(line -> line.startsWith("told: ")).map(line -> line.substring(6)).toList();
    }

    @Test
    void pkeyOfLinuxWorksWithTheKeysOfADomainAndSeesThemChange() throws Exception {
        newMasterKey();
        newWrappingKey();
        try (StockGuest guest = new StockGuest.Recipe("trixie").archive(modules())
                .program("bin/pkey", StockGuest.program("pkey", temporary))
                .script(Files.readString(Path.of("src/test/sh/pkey.sh"))).start(machine.platform())) {
            guest.await("waiting for a new master key");
            newMasterKey();
            guest.type("");
            guest.await("waiting for another");
            newMasterKey();
            newWrappingKey();
            guest.type("");
            String console = guest.awaitEnd();
            assertEquals(EXPECTED, String.join("\n", told(console)) + "\n", console);
        }
    }
}

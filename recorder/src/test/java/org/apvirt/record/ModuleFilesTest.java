// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ModuleFilesTest {
    @TempDir
    private Path directory;

    private Path crypto;

    @BeforeEach
    void fill() throws IOException {
        crypto = Files.createDirectories(directory.resolve("kernel/drivers/s390/crypto"));
        for (String name : List.of("zcrypt.ko.xz", "zcrypt_cex4.ko", "vfio_ap.ko.zst", "zcrypt.txt")) {
            Files.createFile(crypto.resolve(name));
        }
        Files.createFile(directory.resolve("rng-core.ko"));
        Files.writeString(directory.resolve("modules.dep"), """
                kernel/drivers/s390/crypto/vfio_ap.ko.zst: kernel/vfio/mdev.ko.zst kernel/kvm/kvm.ko.zst
                kernel/drivers/s390/crypto/zcrypt.ko.xz: rng-core.ko
                rng-core.ko:
                """);
        Files.writeString(directory.resolve("modules.builtin"), "kernel/drivers/char/hw_random/s390-trng.ko\n");
    }

    @Test
    void modulesAreFoundAtAnyDepthPackedOrNot() throws IOException {
        assertEquals(Map.of("zcrypt", crypto.resolve("zcrypt.ko.xz"), "rng_core", directory.resolve("rng-core.ko")),
                new ModuleFiles(directory).find(List.of("zcrypt", "rng_core", "nothing")));
    }

    @Test
    void whatAModuleNeedsComesBeforeItUnlessTheScenarioLoadsItItself() throws IOException {
        ModuleFiles files = new ModuleFiles(directory);

        assertEquals(List.of("kvm", "mdev"), files.neededBefore(List.of("vfio_ap")));
        assertEquals(List.of("kvm"), files.neededBefore(List.of("mdev", "vfio_ap")));
        assertEquals(List.of(), files.neededBefore(List.of("rng_core", "zcrypt")));
    }

    @Test
    void aModuleOfTheListOfBuiltInOnesIsBuiltIn() throws IOException {
        ModuleFiles files = new ModuleFiles(directory);

        assertTrue(files.isBuiltIn("s390_trng"));
        assertFalse(files.isBuiltIn("zcrypt"));
    }

    @Test
    void aDirectoryThatIsNotThereIsNamedWithARemedy() {
        IOException e = assertThrows(IOException.class, () -> new ModuleFiles(directory.resolve("none")));

        assertEquals(directory.resolve("none") + ": no such directory of kernel modules (name for example"
                + " /lib/modules/6.12.0, or leave --modules out if the initramfs has them)", e.getMessage());
    }
}

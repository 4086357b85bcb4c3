// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The extension as a field, with the machine in words. */
class ApHostExtensionTest {
    @RegisterExtension
    static final ApHostExtension HOST = ApHostExtension.of("""
            adapters: {1: CEX6A}
            usage-domains: [6]
            """);

    @Test
    void bootsTheMachineOfTheText(@Sys Path sys) throws IOException {
        assertEquals("CEX6A\n", Files.readString(sys.resolve("devices/ap/card01/type")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.machine.MachineFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

class UltravisorFilesTest {
    private static Host boot(String level, String more) throws Exception {
        return MachineFile.parse("level: " + level + "\n" + more, "m.yaml").boot(new VirtualTime());
    }

    @ParameterizedTest
    @CsvSource({"linux-6.1, false, false", "linux-6.12, true, false", "linux-7.2, true, true", "linux-7.3, true, true"})
    void u36_showWhatTheUltravisorAnswersTheKernelOfEachLevel(String level, boolean secrets, boolean kinds)
            throws Exception {
        Host host = boot(level, "secure-guest: true");
        assertEquals("1\n", host.read("/sys/firmware/uv/prot_virt_guest"));
        assertEquals("0\n", host.read("/sys/firmware/uv/prot_virt_host"));
        assertEquals("80c0000700000000\n0\n0\n0\n", host.read("/sys/firmware/uv/query/facilities"));
        assertEquals("800000000000000\n", host.read("/sys/firmware/uv/query/feature_indications"));
        assertEquals("248\n", host.read("/sys/firmware/uv/query/max_cpus"));
        assertIsThere(host, "max_secrets", secrets, "512\n");
        assertIsThere(host, "supp_secret_types", secrets, "2000000000000000\n");
        assertIsThere(host, "max_assoc_secrets", kinds, "512\n");
        assertIsThere(host, "max_retr_secrets", kinds, "0\n");
    }

    private static void assertIsThere(Host host, String name, boolean there, String text) throws ErrnoException {
        String path = "/sys/firmware/uv/query/" + name;
        if (there) {
            assertEquals(text, host.read(path));
        } else {
            assertEquals(Errno.ENOENT, assertThrows(ErrnoException.class, () -> host.read(path)).errno());
        }
    }

    @Test
    void areNotThereWhereTheMachineIsNoSecureGuest() throws Exception {
        assertFalse(boot("linux-7.2", "").kernel().sys().names().contains("firmware"));
    }
}

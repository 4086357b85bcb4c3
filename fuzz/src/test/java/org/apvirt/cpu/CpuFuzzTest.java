// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.fuzz.Refusals;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** {@code -cpu} of any text, and any {@code /proc/cpuinfo}. */
class CpuFuzzTest {
    private static final QemuVersion QEMU = QemuVersion.parse("10.2");
    private static final HostCpu HOST = HostCpu.tcg(QEMU);

    @FuzzTest(maxDuration = "2h")
    void option(byte[] bytes) {
        String option = Refusals.text(bytes);
        try {
            CpuModel model = HOST.model(option);
            assertEquals(model, HOST.model(option));
            model.warnings();
            ModelExpansion.toStatic(model, QEMU);
            HOST.requireRunnable(model);
        } catch (CpuModelException e) {
            assertEquals(false, e.getMessage().isEmpty());
        }
    }

    @FuzzTest(maxDuration = "2h")
    void cpuinfo(byte[] bytes) {
        try {
            ProcCpuinfo.parse(Refusals.text(bytes)).host(QEMU, true).defaultModel();
        } catch (NumberFormatException e) {
            throw new AssertionError("Java's own words for the user", e);
        } catch (IllegalArgumentException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.fuzz.Refusals;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Any words behind {@code qemu-system-s390x}: a verdict in words, the same each time, never an exception. */
class CommandLineFuzzTest {
    @FuzzTest(maxDuration = "2h")
    void words(byte[] bytes) {
        List<String> words = new ArrayList<>(List.of("qemu-system-s390x"));
        words.addAll(Arrays.asList(Refusals.text(bytes).split("[\n\0]")));
        for (QemuVersion version : QemuVersion.values()) {
            HostCpu kvm = HostCpu.kvm(version, CpuDefinition.Z14, Facilities.of(12, 15, 65), true);
            for (QemuHost host : List.of(QemuHost.tcg(version), QemuHost.kvm(kvm, null))) {
                QemuCheck check = QemuCheck.of(host, words);
                assertEquals(check, QemuCheck.of(host, words));
                assertFalse(!check.passes() && check.messages().isEmpty(), "refused without a word");
            }
        }
    }

    @FuzzTest(maxDuration = "2h")
    void json(byte[] bytes) {
        for (QemuVersion version : QemuVersion.values()) {
            try {
                JsonObject.parse(Refusals.text(bytes), version);
            } catch (QemuException e) {
                assertFalse(e.getMessage().isEmpty());
            }
        }
    }
}

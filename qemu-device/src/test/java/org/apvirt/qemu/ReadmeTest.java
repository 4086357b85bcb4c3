// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Runs the snippet of README.md. */
class ReadmeTest {
    private final List<Object> printed = new ArrayList<>();

    private void println(Object what) {
        printed.add(what);
    }

    @Test
    void theSnippetPrintsWhatItSays() {
        HostCpu z14 = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, Facilities.of(12, 15, 65), true);
        QemuCheck check = QemuCheck.of(QemuHost.kvm(z14, null), List.of("qemu-system-s390x", "-cpu", "zEC12", //
                "-device", "vfio-ap,sysfsdev=/sys/bus/mdev/devices/69e2b2dd"));
        println(check.exitStatus()); // 1
        println(check.messages().get(0)); // qemu-system-s390x: -device vfio-ap,...: No 'ap-bus' bus found for device 'vfio-ap'
        assertEquals(List.of(1,
                "qemu-system-s390x: -device vfio-ap,sysfsdev=/sys/bus/mdev/devices/69e2b2dd: No 'ap-bus' bus found for "
                        + "device 'vfio-ap'"),
                printed);
    }

    @Test
    void theSnippetOfTheReadmeIsThisOne() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String snippet = readme.substring(readme.indexOf("```java\n") + 8);
        String indented = snippet.substring(0, snippet.indexOf("```")).lines().map(line -> "        " + line)
                .collect(Collectors.joining("\n", "", "\n"));
        String test = Files.readString(Path.of("src/test/java/org/apvirt/qemu/ReadmeTest.java"));
        assertTrue(test.contains(indented), "ReadmeTest does not contain the snippet of README.md");
    }
}

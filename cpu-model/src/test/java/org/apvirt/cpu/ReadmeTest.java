// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Runs the snippet of README.md. */
class ReadmeTest {
    private final List<Object> printed = new ArrayList<>();

    private void println(Object what) {
        printed.add(what);
    }

    @Test
    void theSnippetPrintsWhatItSays() throws CpuModelException {
        HostCpu host = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, Facilities.of(12, 15, 65), true);
        CpuModel guest = host.model("zEC12,ap=on,apqci=on");
        host.requireRunnable(guest); // throws what QEMU would print
        ModelComparison relation = ModelComparison.of(guest, host.model("zEC12"), QemuVersion.V10_2);
        println(relation.result()); // superset
        println(relation.responsible()); // [ap, apqci]
        assertEquals(List.of(ModelComparison.Result.SUPERSET, List.of("ap", "apqci")), printed);
    }
}

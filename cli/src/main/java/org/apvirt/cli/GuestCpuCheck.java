// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModel;
import org.apvirt.cpu.CpuModelException;
import org.apvirt.cpu.HostCpu;
import org.apvirt.plan.Finding;
import org.apvirt.plan.Plan;
import org.apvirt.running.MachineCpu;

/** Checks the CPU models of a plan's guests: can the machine run them, and would the guest see its queues? */
final class GuestCpuCheck {
    /** Highest domain that a guest finds when it cannot ask for its configuration. */
    private static final int HIGHEST_DOMAIN_WITHOUT_QCI = 15;

    private GuestCpuCheck() {}

    static List<Finding> run(Plan plan) {
        HostCpu host = MachineCpu.of(plan.machine());
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, Plan.Guest> guest : plan.guests().entrySet()) {
            String cpu = guest.getValue().cpu();
            if (cpu != null) {
                check(findings, host, guest.getKey(), guest.getValue(), cpu);
            }
        }
        return findings;
    }

    private static void check(List<Finding> findings, HostCpu host, String name, Plan.Guest guest, String cpu) {
        CpuModel model;
        try {
            model = host.model(cpu);
            host.requireRunnable(model);
        } catch (CpuModelException e) {
            findings.add(Finding.refused(name, "QEMU refuses", "-cpu " + cpu + ": " + e.getMessage(), ""));
            return;
        }
        model.warnings().forEach(warning -> findings.add(Finding.note(name, "QEMU warns: " + warning, "")));
        if (!model.has(CpuFeature.AP)) {
            findings.add(Finding.refused(name, "QEMU refuses", "-cpu " + cpu
                    + " has no AP instructions, so there is no bus for the vfio-ap device",
                    remedy(host, model, CpuFeature.AP, "ap")));
            return;
        }
        if (!model.has(CpuFeature.AP_FACILITIES_TEST)) {
            findings.add(Finding.note(name, "-cpu " + cpu + " has no apft, so the guest's drivers take no card",
                    remedy(host, model, CpuFeature.AP_FACILITIES_TEST, "apft")));
        }
        if (!model.has(CpuFeature.AP_QUERY_CONFIG_INFO) && guest.domains().last() > HIGHEST_DOMAIN_WITHOUT_QCI) {
            findings.add(Finding.note(name, "-cpu " + cpu + " has no apqci, so the guest finds no domain above "
                    + HIGHEST_DOMAIN_WITHOUT_QCI, remedy(host, model, CpuFeature.AP_QUERY_CONFIG_INFO, "apqci")));
        }
    }

    /** Says how the guest gets a feature: what is not there cannot be turned on. */
    private static String remedy(HostCpu host, CpuModel model, CpuFeature feature, String name) {
        if (!model.definition().fullFeatures().contains(feature)) {
            return Stream.of(CpuDefinition.values()).filter(it -> it.fullFeatures().contains(feature)).findFirst()
                    .map(first -> "no model before " + first + " has it; take that or a newer one").orElse("");
        }
        return host.features().contains(feature) ? "add " + name + "=on" : "the machine has none to give";
    }
}

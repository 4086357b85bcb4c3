// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.device.AttributeFault;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.AssociationSecret;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;

/** Writes a machine file of what a running machine has become. */
final class MachineWriter {
    private MachineWriter() {}

    private static final int FUNCTION_BITS = 0xffff_0000; // those of a card

    /** Returns the text; types without a name, which a machine file cannot say, are comments. */
    static String text(MachineFile file, List<String> modules, SimulatedMachine machine,
            List<InstructionFault> ofInstructions, List<AttributeFault> ofAttributes) {
        StringBuilder text = new StringBuilder();
        text.append("level: ").append(file.level()).append('\n');
        text.append("qemu: \"").append(file.qemu()).append("\"\n");
        text.append("facilities: ").append(facilities(file, machine.facilities())).append('\n');
        text.append("adapters:\n");
        ApMask adapters = machine.adapterMask();
        for (int apid = 0; apid < ApMask.BITS; apid++) {
            SimulatedAdapter adapter = adapters.contains(apid) ? machine.findAdapter(apid) : null;
            if (adapter != null) {
                text.append("  ").append(adapter(apid, adapter)).append('\n');
            }
        }
        text.append("usage-domains: ").append(ids(machine.usageDomains())).append('\n');
        if (!machine.controlDomains().equals(machine.usageDomains())) {
            text.append("control-domains: ").append(ids(machine.controlDomains())).append('\n');
        }
        if (file.machine().secureGuest()) {
            text.append("secure-guest: true\n");
            List<AssociationSecret> secrets = machine.secrets();
            if (secrets != null) {
                text.append("secrets: ").append(secrets.stream().map(AssociationSecret::id).toList()).append('\n');
            }
        }
        if (file.machine().administration()) {
            text.append("apvirt-administration: true\n");
        }
        if (!file.built().isEmpty()) {
            text.append("kernel-options: ").append(new TreeSet<>(file.built())).append('\n');
        }
        text.append("modules: ").append(modules).append('\n');
        List<String> faults = new ArrayList<>();
        ofInstructions.forEach(fault -> faults.add(FaultWriter.text(fault)));
        machine.responses()
                .forEach((apqn, code) -> faults.add(new PlannedFault.Standing(apqn, code).toString()));
        ofAttributes.forEach(fault -> faults.add(FaultWriter.text(fault)));
        if (!faults.isEmpty()) {
            text.append("faults:\n");
            faults.forEach(fault -> text.append("  - ").append(fault).append('\n'));
        }
        return text.toString();
    }

    private static List<String> facilities(MachineFile file, Facilities facilities) {
        List<String> names = new ArrayList<>();
        if (facilities.has(Facilities.QCI)) {
            names.add("qci");
        }
        if (facilities.has(Facilities.APFT)) {
            names.add("apft");
        }
        if (facilities.has(Facilities.APQI)) {
            names.add("apqi");
        }
        if (file.machine().apxa()) {
            names.add("apxa");
        }
        return names;
    }

    private static String adapter(int apid, SimulatedAdapter card) {
        AdapterSpec adapter = card.spec();
        String type = AdapterNames.name(adapter);
        if (!AdapterNames.ALL.contains(type)) {
            return "# " + apid + ": " + type;
        }
        String serial = adapter.serial();
        int functions = adapter.functions() & FUNCTION_BITS;
        return apid + ": {type: " + type
                + (functions == AdapterNames.adapter(apid, type).functions()
                        ? ""
                        : String.format(", functions: 0x%08x", functions))
                + ", depth: " + adapter.depth()
                + (serial == null || serial.isEmpty() ? "" : ", serial: " + quoted(serial)) + ", config: "
                + adapter.configured()
                + ", checkstop: " + adapter.checkstopped() + KeysWriter.keys(card) + '}';
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static List<String> ids(ApMask mask) {
        List<String> ids = new ArrayList<>();
        for (int id = 0; id < ApMask.BITS; id++) {
            if (mask.contains(id)) {
                ids.add(String.format("0x%02x", id));
            }
        }
        return ids;
    }
}

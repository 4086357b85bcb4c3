// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.List;
import java.util.concurrent.Executor;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModel;
import org.apvirt.cpu.CpuModelException;
import org.apvirt.cpu.HostCpu;
import org.apvirt.device.ErrnoException;
import org.apvirt.kvm.CryptoAttributes;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.kvm.KvmVm;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * QEMU from its command line to the running machine, in its order: arguments are taken apart, machine, accelerator, CPU
 * model, CPUs, devices, reset. The first refusal ends it. Source: QEMU {@code system/vl.c}, {@code qemu_init}.
 */
final class MachineStart {
    private static final long DEFAULT_MEMORY = 128L << 20;

    private final QemuHost host;
    private final QemuCommandLine line;
    private final QemuMessages messages;

    /**
     * What the machine is made of.
     *
     * @param cpuModel the model of its CPUs
     * @param isS390 whether it is an s390 machine, else the machine {@code none}
     * @param objects made by {@code -object}
     * @param vm null without KVM
     * @param memoryBytes size of the guest's storage
     */
    record Parts(CpuModel cpuModel, boolean isS390, MachineObjects objects, @Nullable KvmVm vm, long memoryBytes) {}

    private MachineStart(QemuHost host, QemuCommandLine line) {
        this.host = host;
        this.line = line;
        this.messages = new QemuMessages(line.program());
    }

    static S390Machine start(QemuHost host, QemuCommandLine line, @Nullable Executor mainLoop) throws QemuExit {
        return new MachineStart(host, line).run(mainLoop);
    }

    private S390Machine run(@Nullable Executor mainLoop) throws QemuExit {
        MachineOptions machineOptions = new MachineOptions(host, line, messages);
        MachineObjects objects = new MachineObjects(host.version());
        CommandLineObjects wanted = new CommandLineObjects(host.version(), machineOptions, objects, messages);
        for (QemuOption option : line.options()) {
            try {
                wanted.read(option);
            } catch (QemuException e) {
                throw refused(option.place(), e);
            }
        }
        if (wanted.help()) {
            throw new QemuExit(messages, 0);
        }
        HostCpu cpu = accelerator(machineOptions, objects);
        machineOptions.warn();
        CpuModel model = cpuModel(cpu);
        KvmVm vm = virtualMachine(cpu, model, machineOptions);
        Parts parts = new Parts(model, machineOptions.isS390(), objects, vm, memoryBytes());
        S390Machine machine = new S390Machine(host, messages, parts, mainLoop);
        for (CommandLineObjects.WantedDevice device : wanted.devices()) {
            try {
                machine.add(device.options(), device.option().place());
            } catch (QemuException e) {
                machine.close();
                throw refused(device.option().place(), e);
            }
        }
        machine.reset(ResetKind.EXTERNAL);
        return machine;
    }

    private QemuExit refused(QemuOption.Place place, QemuException e) {
        messages.report(place, e);
        return new QemuExit(messages, 1);
    }

    private HostCpu accelerator(MachineOptions options, MachineObjects objects) throws QemuExit {
        HostCpu chosen;
        try {
            options.checkType();
            objects.make(host.access());
            options.checkProperties();
            chosen = options.accelerator();
        } catch (QemuException e) {
            throw refused(QemuOption.Place.NONE, e);
        }
        if (chosen == null) {
            throw new QemuExit(messages, 1);
        }
        return chosen;
    }

    private CpuModel cpuModel(HostCpu cpu) throws QemuExit {
        QemuOption option = line.last("cpu");
        try {
            CpuModel model = option == null ? cpu.defaultModel() : cpu.model(option.text());
            for (int i = 0; i < cpuCount(); i++) {
                model.warnings().forEach(messages::report);
                cpu.requireRunnable(model);
            }
            return model;
        } catch (CpuModelException e) {
            throw refused(QemuOption.Place.NONE, new QemuException(e.getMessage(), e.hint()));
        }
    }

    /** Each CPU prints its warnings. Bad counts are not complained about here. */
    private int cpuCount() {
        QemuOption option = line.last("smp");
        String count = option == null ? null : OptionText.parse(option.text(), "cpus").value("cpus");
        return count != null && count.matches("[1-9][0-9]{0,2}") ? Integer.parseInt(count) : 1;
    }

    /** Reads {@code -m}: a number with the suffix k, M, G or T; without one it means MiB. */
    private long memoryBytes() {
        QemuOption option = line.last("m");
        String size = option == null ? null : OptionText.parse(option.text(), "size").value("size");
        if (size == null || !size.matches("[1-9][0-9]{0,8}[kKMGT]?")) {
            return DEFAULT_MEMORY;
        }
        char unit = size.charAt(size.length() - 1);
        long number = Long.parseLong(Character.isDigit(unit) ? size : size.substring(0, size.length() - 1));
        return switch (unit) {
            case 'k', 'K' -> Math.max(number >> 2, 1) << 12; // whole pages
            case 'G' -> number << 30;
            case 'T' -> number << 40;
            default -> number << 20;
        };
    }

    private @Nullable KvmVm virtualMachine(HostCpu cpu, CpuModel model, MachineOptions options) throws QemuExit {
        HostAccess access = host.access();
        if (!cpu.kvm() || access == null) {
            return null;
        }
        KvmVm vm;
        try {
            vm = access.createVm();
        } catch (ErrnoException e) {
            throw refused(QemuOption.Place.NONE, new QemuException("Could not access KVM kernel module: "
                    + e.errno().text()));
        }
        if (vm != null) {
            try {
                configure(vm.guest(), model, options);
            } catch (ErrnoException e) {
                throw new IllegalStateException("the model was checked against what the host has", e);
            }
        }
        return vm;
    }

    /** Source: QEMU {@code target/s390x/kvm/kvm.c}, {@code kvm_s390_apply_cpu_model}. */
    private static void configure(KvmGuest guest, CpuModel model, MachineOptions options)
            throws ErrnoException {
        guest.cpuModel(model.facilities());
        if (model.facilities().has(Facilities.MSA3)) {
            for (String property : List.of("aes-key-wrap", "dea-key-wrap")) {
                if (options.keyWrap(property)) {
                    guest.setAttribute(CryptoAttributes.GROUP, property.startsWith("aes")
                            ? CryptoAttributes.ENABLE_AES_KW
                            : CryptoAttributes.ENABLE_DEA_KW);
                }
            }
        }
        if (model.has(CpuFeature.AP)) {
            guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        }
    }
}

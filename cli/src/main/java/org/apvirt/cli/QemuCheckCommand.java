// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.ProcCpuinfo;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Json;
import org.apvirt.machine.MachineFile;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.RealHostAccess;
import org.apvirt.running.MachineCpu;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt qemu-check}: what QEMU would say to a command line. */
@Command(name = "qemu-check", mixinStandardHelpOptions = true, description = {
        "Prints what QEMU would print to a command line, and ends with its exit status: 0 if the guest would run.",
        "The host is a machine of apvirt that runs: the one of --socket, with --running the only one, under apvirt"
                + " exec its own. Else on s390x it is this computer: its CPU, its mediated devices. Elsewhere, or with"
                + " --machine or --host-cpu, it is imagined, and the path of sysfsdev is not looked up."})
final class QemuCheckCommand implements Callable<Integer> {
    private static final Pattern PROGRAM = Pattern.compile("qemu-system-s390x(?:[-.].*)?|qemu-kvm|kvm");
    private static final Path AP_BUS = Path.of("/sys/bus/ap");

    /** The accelerators of QEMU on s390x. */
    enum Accelerator {
        /** The host has KVM, and the command line gets it unless it names another accelerator. */
        KVM,
        /** The host has no KVM. */
        TCG
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--accel", paramLabel = "kvm|tcg", description = "Accelerator of the host. Default: kvm.")
    private Accelerator accelerator = Accelerator.KVM;

    @Option(names = "--machine", paramLabel = "FILE", description = "Machine file: AP features of the host, QEMU's version.")
    private @Nullable Path machine;

    @Option(names = "--host-cpu", paramLabel = "MODEL", description = "CPU model of the host, for example z14."
            + " Default: gen16a, or what the computer is.")
    private @Nullable String hostCpu;

    @Option(names = "--running", description = "Looks at the machine of apvirt that runs.")
    private boolean running;

    @Option(names = "--socket", paramLabel = "PATH", description = "Looks at the running machine of this socket"
            + " (apvirt ctl list shows them).")
    private @Nullable Path socket;

    @Option(names = "--qemu", paramLabel = "seed|7.2|10.0|10.2|11", description = "Version of QEMU."
            + " Default: the machine's, else 10.0.", converter = VersionOption.class)
    private @Nullable QemuVersion version;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "-- qemu-system-s390x ARGUMENT", description = "The command line.")
    private List<String> words;

    @Override
    public Integer call() throws FileFormatException {
        requireQemuForS390();
        requireOneHost();
        QemuCheck check;
        try {
            Path machineThatRuns = accelerator == Accelerator.TCG ? null : socketOfHost();
            check = machineThatRuns == null
                    ? QemuCheck.of(host(), words)
                    : new RunningHost(machineThatRuns).check(words, version);
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("status", check.exitStatus());
            answer.put("messages", check.messages());
            if (!check.output().isEmpty()) {
                answer.put("output", check.output());
            }
            out.println(Json.text(answer));
            out.flush();
        } else {
            PrintWriter err = spec.commandLine().getErr();
            check.messages().forEach(err::println);
            err.flush();
            check.output().forEach(out::println);
            out.flush();
        }
        return check.exitStatus();
    }

    /** What another QEMU, or a command line without its first word, would say is not known here. */
    private void requireQemuForS390() {
        String program = words.get(0).substring(words.get(0).lastIndexOf('/') + 1);
        if (!PROGRAM.matcher(program).matches()) {
            throw new ParameterException(spec.commandLine(), "'" + words.get(0)
                    + "' is no QEMU for s390x; the command line begins with qemu-system-s390x (or qemu-kvm, kvm)");
        }
    }

    private void requireOneHost() {
        String imagined = machine != null ? "--machine" : hostCpu != null ? "--host-cpu" : null;
        if (imagined != null && (running || socket != null)) {
            throw new ParameterException(spec.commandLine(), imagined + " imagines a host and "
                    + (running ? "--running" : "--socket") + " looks at one that runs; give one of them");
        }
    }

    /** Returns the control socket of the machine that is looked at, null: no machine of apvirt. */
    private @Nullable Path socketOfHost() throws IOException {
        if (socket != null) {
            return socket;
        }
        if (running) {
            return CtlSession.usualSocket();
        }
        return machine == null && hostCpu == null ? CtlSession.socketOfEnvironment() : null;
    }

    private QemuHost host() throws IOException, FileFormatException {
        MachineFile file = machine == null ? null : Input.machine(machine);
        QemuVersion qemu = version != null ? version : file != null ? file.qemu() : QemuVersion.V10_0;
        if (accelerator == Accelerator.TCG) {
            return QemuHost.tcg(qemu);
        }
        boolean real = file == null && hostCpu == null && System.getProperty("os.arch", "").equals("s390x");
        if (real) {
            String cpuinfo = Files.readString(Path.of("/proc/cpuinfo"));
            return QemuHost.kvm(ProcCpuinfo.parse(cpuinfo).host(qemu, Files.exists(AP_BUS)), new RealHostAccess());
        }
        CpuDefinition definition = definition();
        EnumSet<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        features.addAll(definition.fullFeatures());
        if (file != null) {
            features.retainAll(MachineCpu.of(file).features());
        }
        return QemuHost.kvm(new HostCpu(qemu, true, definition, features), null);
    }

    private CpuDefinition definition() {
        CpuDefinition found = hostCpu == null ? CpuDefinition.GEN16A : CpuDefinition.of(hostCpu);
        if (found == null) {
            throw new ParameterException(spec.commandLine(),
                    "--host-cpu: no model is named '" + hostCpu + "' (docs/cpu-models.md lists them)");
        }
        return found;
    }
}

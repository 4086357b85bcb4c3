package org.apvirt.it;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModelException;
import org.apvirt.cpu.FeatureGroup;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.ModelExpansion;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuHost;
import org.apvirt.qemu.RealHostAccess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The same command lines for each real QEMU that there is, which runs them in TCG, and for ours of that version: messages
 * and exit status must be the same. {@code .ci/qemus} fetches them. With {@code -Dqemu.required=true} a missing QEMU fails
 * the test. A QEMU takes a third of a second to refuse, so each version is asked every third line, each another third, and
 * all in which we claim that it differs from the newest; {@code -Dqemu.everyLine=true} asks each version everything.
 */
class QemuTextsIT {
    /** One command line a row, arguments separated by blanks; {@code ~} is an empty argument. */
    private static final String LINES = """
            -device vfio-ap
            -device vfio-ap,sysfsdev=/x
            -device vfio-ap,sysfsdev=/x,foo=1
            -device vfio-ap,sysfsdev=/x,bus=ap-bus
            -device vfio-ap,bus=foo
            -device vfio-ap,bus=/
            -device vfio-ap,bus=main-system-bus
            -device vfio-ap,bus=virtual-css
            -device vfio-ap,bus=virtual-css-bridge
            -device vfio-ap,bus=
            -device vfio-ap,fd=3
            -device vfio-ap,iommufd=i0
            -device vfio-ap,addr=3
            -device vfio_ap
            -device vfio_ap,sysfsdev=/x
            -device vfio-ap-device
            -device ap-bridge
            -device ap-bus
            -device ap-device
            -device device
            -device cpu
            -device s390x-cpu
            -device ccw-device
            -device virtio-ccw-device
            -device s390-flic
            -device s390-flic-qemu
            -device s390-ipl
            -device s390-skeys
            -device s390-skeys-qemu
            -device sclp
            -device sclpquiesce
            -device virtual-css-bridge
            -device virtual-css-bus
            -device foo
            -device -foo
            -device bus
            -device System
            -device ~
            -device sysfsdev=/x
            -device driver=vfio-ap,sysfsdev=/x
            -device vfio-ap,driver=foo
            -device foo,driver=vfio-ap
            -device x,y=a,,b
            -device x,,y
            -device x,y
            -device x,noy
            -device vfio-ap,sysfsdev
            -device vfio-ap,sysfsdev=/x,sysfsdev=/y
            -device vfio-ap,id=1x
            -device vfio-ap,id=
            -device vfio-ap,id=a,id=1b
            -device vfio-ap,id=a-b.c_9
            -device vfio-ap,id=a:b
            -device vfio-ap,id=a -device vfio-ap,id=a
            -device virtio-rng-ccw,id=a -device vfio-ap,id=a
            -device virtio-rng-ccw,id=a -device virtio-rng-ccw,id=a
            -device virtio-rng-ccw,id=a -device virtio-rng-ccw,id=b
            -device virtio-rng-ccw -device diag288
            -device virtio-rng-ccw,id=a,bus=ap-bus
            -device virtio-rng-ccw,id=a -device {"driver":"virtio-rng-ccw","id":"a"}
            -device {"driver":"virtio-rng-ccw","id":"a"} -device {"driver":"virtio-rng-ccw","id":"a"}
            -device {"driver":"vfio-ap","sysfsdev":"/x"}
            -device {"driver":"vfio-ap","sysfsdev":3}
            -device {"driver":"vfio-ap","bus":"ap-bus"}
            -device {"driver":"vfio_ap","sysfsdev":"/x"}
            -device {'driver':'vfio_ap'}
            -device {"sysfsdev":"/x"}
            -device {"driver":3}
            -device {"driver":{"a":1},"id":true}
            -device {"driver":"vfio-ap","id":3}
            -device {}
            -device []
            -device {
            -device {"driver":"vfio-ap"
            -device {"driver":
            -device {"driver""x"}
            -device {"driver":"x"}}
            -device {"driver":"x"}x
            -device {"driver":"x""id":"y"}
            -device {"driver":"x",,}
            -device {"driver":"x",}
            -device {,}
            -device {driver:"x"}
            -device {"driver":foo}
            -device {"driver":tru}
            -device {"driver":NULL}
            -device {"driver":@}
            -device {"driver":%s}
            -device {"driver":"x
            -device {"driver":"x\\q"}
            -device {"driver":"x\\u0041"}
            -device {"driver":"x\\ud800"}
            -device {"driver":"x","driver":"y"}
            -device {"driver":[1,2}
            -device {"driver":[1,2]}
            -device {"driver":"x","id":01}
            -device {"driver":"x","id":1]
            -device {"driver":"x","id":1.5e3}
            -device {1:2}
            -cpu zEC12,+ap
            -cpu zEC12,-ap
            -cpu zEC12,ap
            -cpu ~
            -cpu ,ap=on
            -cpu foo
            -cpu foo,ap=on
            -cpu foo,ap
            -cpu zec12
            -cpu host
            -cpu host,ap=on
            -cpu qemu-base
            -cpu max-base
            -cpu z900-s390x-cpu
            -cpu s390x-cpu
            -cpu help,foo
            -cpu z900,ap=on
            -cpu z900,ap=off
            -cpu z900,ap=yes
            -cpu z900,ap=n
            -cpu z900,ap=maybe
            -cpu z900,ap=
            -cpu z900,ap=ON
            -cpu z900,ap=on=off
            -cpu z900,=on
            -cpu z900,foo=maybe
            -cpu z900,,,ap=off,
            -cpu z900,ap=off,foo=1,ap=on
            -cpu z900,msa5=on
            -cpu z900,msa5=off
            -cpu z900,foo=1,bar
            -cpu z196,apqci=on
            -cpu z196.2,apft=on
            -cpu z114,apqi=on
            -cpu max,appv=on
            -cpu max,ap=on
            -cpu max,ap=on,ap=off
            -cpu max,apqci=on
            -cpu max,apft=on
            -cpu max,apqi=on
            -cpu max,apqi=on,apft=on,apqci=on
            -cpu max,ap=on,apqci=on,apft=on,apqi=on
            -cpu qemu,ap=on
            -cpu max,edat2=on,edat=off
            -cpu max,mepoch=on
            -cpu max,te=on,cte=on,ri=on
            -cpu max,msa=off
            -cpu max,msa=on
            -cpu max,msa4=on
            -cpu max,dateh=off
            -cpu max,vx=off
            -cpu max,type=3
            -cpu max,static=off
            -cpu max,hotplugged=on
            -cpu max,realized=off
            -cpu max,realized=foo
            -cpu max,core-id=3
            -cpu max,core-id=x
            -cpu max,unavailable-features=3
            -cpu z13,msa=off
            -cpu z13,dateh=off,ap=on,foo=on
            -cpu max -cpu foo
            -cpu z900,ap=on -device vfio-ap
            -cpu foo -device foo
            -cpu foo -device vfio-ap,id=1x
            -smp 2 -cpu max,apqci=on
            -smp 3 -cpu max,dateh=off
            -smp cpus=2 -cpu max,dateh=off
            -machine foo
            -machine foo -cpu foo
            -machine foo -accel foo
            -M virt
            -M s390-ccw-virtio-9.9
            -M s390-ccw-virtio-2.12 -cpu z900,ap=on
            -M s390-ccw-virtio-3.0 -cpu foo
            -machine type=s390-ccw-virtio -cpu foo
            -machine s390-ccw-virtio -machine none -cpu foo
            -machine none
            -machine none -cpu z900,ap=on
            -machine none -device vfio-ap
            -machine none -device vfio-ap,bus=main-system-bus
            -machine none -device vfio-ap,bus=virtual-css
            -machine foo=1
            -machine s390-ccw-virtio,foo=1
            -machine s390-ccw-virtio,foo=1 -cpu foo
            -machine s390-ccw-virtio,foo=1 -accel foo
            -machine s390-ccw-virtio,foo
            -machine ,accel=tcg
            -machine s390-ccw-virtio,aes-key-wrap=maybe
            -machine s390-ccw-virtio,aes-key-wrap=off,dea-key-wrap=off
            -machine s390-ccw-virtio,usb=maybe
            -machine accel=foo
            -machine accel=foo -cpu foo
            -machine s390-ccw-virtio,accel=
            -machine accel=kvm
            -machine accel=kvm:tcg -device vfio-ap
            -machine s390-ccw-virtio,accel=kvm:foo:tcg -cpu foo
            -machine accel=kvm -accel tcg
            -accel foo
            -accel kvm
            -accel kvm -cpu host -device vfio-ap
            -accel tcg -accel kvm
            -accel kvm -accel tcg -device vfio-ap
            -accel kvm -accel foo
            -accel tcg:kvm
            -accel accel=kvm
            -enable-kvm
            -object iommufd,id=i0
            -object iommufd
            -object foo,id=i0
            -object rng-random
            -object id=a
            -object rng-random,id=1a
            -object rng-builtin,id=a -object rng-builtin,id=a
            -object {"qom-type":"foo","id":"a"}
            -object foo,id=a -machine foo
            -cpu foo -object rng-random
            -foo
            --foo
            -
            ---device x
            -cpu=foo
            -cpu
            -cpu max -cpu
            -M
            -device
            --device vfio-ap
            -device vfio-ap,id=1x -foo
            -device vfio-ap,id=1x -machine foo
            -device {"driver": -machine foo
            -name -foo -cpu foo
            -no-user-config -only-migratable -cpu foo
            -object iommufd,id=i0 -machine s390-ccw-virtio,foo=1
            -object iommufd,id=i0 -accel foo
            -object iommufd,id=i0 -cpu foo
            -object iommufd,id=i0 -object rng-random
            -object iommufd,id=i0 -M s390-ccw-virtio-7.0
            -object iommufd,id=i0 -device vfio-ap,iommufd=i0
            -object iommufd,id=i0,fd=7
            -object memory-backend-shm,id=m0,size=1M
            -M s390-ccw-virtio-7.0,foo=1
            -M s390-ccw-virtio-7.0 -accel foo
            -M s390-ccw-virtio-7.0 -device foo
            -M s390-ccw-virtio-7.0 -device vfio-ap,id=1x
            -M s390-ccw-virtio-2.8 -cpu foo
            -M s390-ccw-virtio-2.9 -cpu foo
            -M s390-ccw-virtio-5.1 -cpu foo
            -M s390-ccw-virtio-5.2 -cpu foo
            -M s390-ccw-virtio-8.1 -cpu foo
            -M s390-ccw-virtio-10.1 -cpu foo
            -M s390-ccw-virtio-7.3 -cpu foo
            -M s390-ccw-virtio-11.0 -cpu foo
            -cpu max,book-id=3
            -cpu max,drawer-id=x
            -cpu max,socket-id=-1
            -cpu max,socket-id=4294967296
            -cpu max,dedicated=on
            -cpu max,dedicated=foo
            -cpu max,entitlement=high
            -cpu max,entitlement=foo
            -cpu max,start-powered-off=foo
            -cpu max,astfleie2=on
            -cpu gen16a,astfleie2=on
            -cpu max,appvi=off
            -cpu max,sif=on
            -cpu gen17a
            -cpu gen17b-base
            -cpu z14,msa12=on
            -cpu max,plo_ext=on
            -cpu max,msa10=on
            -cpu max,ccf=on
            -cpu max,gen17ptff=on
            -machine s390-ccw-virtio,aux-ram-share=on
            -machine s390-ccw-virtio,aux-ram-share=maybe
            -machine s390-ccw-virtio,x-change-vmfd-on-reset=maybe
            -device vfio-ap,help
            -device vfio-ap,sysfsdev=/x,help
            -device vfio_ap,help
            -device foo,help
            -device ap-bridge,help
            -device vfio-ap,help=on
            -device {"driver":"vfio-ap","help":"on"}
            -device vfio-ap,help -cpu foo
            -device vfio-ap,help -machine foo
            -device vfio-ap,id=1x,help
            -device vfio-ap,help -device vfio-ap,id=1x
            -device vfio-ap,help,id=b
            -device {"a":true]
            -device {"a":true
            -device {"é":]
            -device {"a":"é"]
            -device {"a":1,2}
            -device {"a":[[1]2]}
            -device {"a":1,"a":{"b":1}}
            -device {"a":1}@
            -device {"a":}}@
            -device {tru:1}
            -device {"a":-}
            -device {"a":[,]}
            -device {"a":1e}
            -cpu gen16a
            -cpu gen16b-base
            -cpu z14ZR1
            -cpu z15
            """;

    private static final boolean EVERY_LINE = Boolean.getBoolean("qemu.everyLine");
    private static final QemuVersion NEWEST = QemuVersion.values()[QemuVersion.values().length - 1];

    /** A real QEMU and the version that it is. */
    private record Program(String command, QemuVersion version) {
        @Override
        public String toString() {
            return "QEMU " + version;
        }

        List<String> words(List<String> arguments) {
            return Stream.of(List.of(command), ALWAYS, arguments).flatMap(List::stream).toList();
        }
    }

    private static final List<String> ALWAYS = List.of("-nodefaults", "-display", "none", "-S", "-monitor", "none",
            "-qmp", "stdio");
    private static final String QUIT = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";

    static List<Program> programs() throws Exception {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/qemus").toString()));
        Programs.require("qemu.required", fetched.status() == 0, fetched.text());
        List<Program> programs = new ArrayList<>();
        try (Stream<Path> commands = Files.list(Path.of(fetched.lastLine(), "bin"))) {
            for (Path command : commands.filter(name -> name.getFileName().toString().startsWith("qemu")).toList()) {
                QemuVersion version = QemuVersion.ofPrinted(
                        Programs.run(List.of(command.toString(), "--version")).text());
                if (version == null) {
                    System.err.println(command + ": this version is not played, so nothing is compared with it");
                } else {
                    programs.add(new Program(command.toString(), version));
                }
            }
        }
        Programs.require("qemu.required", !programs.isEmpty(), "none of the versions that are played is here");
        return programs;
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyCommandLineDrawsTheSameMessages(Program qemu) throws Exception {
        List<Callable<String>> comparisons = new ArrayList<>();
        List<String> lines = LINES.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean turn = (i + qemu.version.ordinal()) % 3 == 0;
            if (EVERY_LINE || turn || !ours(qemu.version, line).equals(ours(NEWEST, line))) {
                comparisons.add(() -> difference(qemu, line));
            }
        }
        List<String> differences = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            for (Future<String> compared : threads.invokeAll(comparisons)) {
                differences.add(compared.get());
            }
        }
        assertEquals("", String.join("", differences));
        assertTrue(differences.size() >= lines.size() / 3);
    }

    private static List<String> words(String line) {
        return Stream.of(line.split(" ")).map(word -> word.equals("~") ? "" : word).toList();
    }

    private static String ours(QemuVersion version, String line) {
        List<String> words = new ArrayList<>(List.of("qemu-system-s390x"));
        words.addAll(ALWAYS);
        words.addAll(words(line));
        QemuCheck ours = QemuCheck.of(new QemuHost(version, null, false, new RealHostAccess()), words);
        return text(ours.exitStatus(), ours.messages(), ours.output());
    }

    /** Returns what differs, empty if nothing does. */
    private static String difference(Program qemu, String line) throws Exception {
        List<String> words = qemu.words(words(line));
        Path errors = Files.createTempFile("qemu", ".txt");
        Path output = Files.createTempFile("qemu", ".out");
        try {
            Process process = new ProcessBuilder(words).redirectError(errors.toFile()).redirectOutput(output.toFile())
                    .start();
            try (Writer in = process.outputWriter()) {
                in.write(QUIT);
            } catch (IOException e) {
                // It ended before it read anything, as it should.
            }
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return line + ": QEMU did not end\n";
            }
            String expected = text(process.exitValue(), Files.readAllLines(errors), Files.readAllLines(output));
            String actual = ours(qemu.version, line);
            return expected.equals(actual) ? "" : line + "\n  QEMU: " + expected + "\n  ours: " + actual + "\n";
        } finally {
            Files.delete(errors);
            Files.delete(output);
        }
    }

    private static String text(int status, List<String> messages, List<String> output) {
        List<String> lines = new ArrayList<>(List.of("exit status " + status));
        messages.forEach(line -> lines.add(line.replaceFirst("^qemu-system-s390x[-.0-9]*", "qemu-system-s390x")));
        output.stream().filter(line -> !line.startsWith("{")).forEach(line -> lines.add("stdout: " + line));
        return String.join("\n        ", lines);
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyModelIsWrittenOutAsQemuDoes(Program qemu) throws Exception {
        HostCpu tcg = HostCpu.tcg(qemu.version);
        List<String> wrong = new ArrayList<>();
        try (QemuMonitor monitor = new QemuMonitor(qemu.words(List.of()))) {
            List<String> models = monitor.models();
            assertEquals(ourModels(qemu.version), new TreeSet<>(models));
            for (String model : models) {
                compare(model + " full", monitor.expansion("full", model),
                        ModelExpansion.toFull(tcg.model(model), qemu.version).properties(), wrong);
                compare(model + " static", monitor.expansion("static", model),
                        ModelExpansion.toStatic(tcg.model(model), qemu.version).properties(), wrong);
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static TreeSet<String> ourModels(QemuVersion version) {
        TreeSet<String> models = new TreeSet<>(List.of("max", "qemu"));
        Stream.of(CpuDefinition.values()).filter(version::knows)
                .forEach(definition -> models.addAll(List.of(definition.toString(), definition + "-base")));
        return models;
    }

    private static void compare(String what, Map<String, Boolean> real, Map<String, Boolean> ours,
            List<String> wrong) {
        Set<Map.Entry<String, Boolean>> onlyReal = new HashSet<>(real.entrySet());
        onlyReal.removeAll(ours.entrySet());
        Set<Map.Entry<String, Boolean>> onlyOurs = new HashSet<>(ours.entrySet());
        onlyOurs.removeAll(real.entrySet());
        if (!onlyReal.isEmpty() || !onlyOurs.isEmpty() || real.isEmpty() && what.endsWith(" full")) {
            wrong.add(what + ": QEMU " + onlyReal + ", ours " + onlyOurs);
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void eachFeatureOfEachModelIsRefusedOrNotInTheSameWords(Program qemu) throws Exception {
        HostCpu tcg = HostCpu.tcg(qemu.version);
        List<String> names = Stream.concat(Stream.of(CpuFeature.values()), Stream.of(FeatureGroup.values()))
                .map(Object::toString).toList();
        List<String> wrong = new ArrayList<>();
        try (QemuMonitor monitor = new QemuMonitor(qemu.words(List.of()))) {
            for (CpuDefinition model : CpuDefinition.values()) {
                List<String> answers = monitor.refusals(model.toString(), names);
                for (int i = 0; i < names.size(); i++) {
                    String ours = refusal(tcg, model, names.get(i));
                    if (!ours.equals(answers.get(i))) {
                        wrong.add(model + "," + names.get(i) + ": " + answers.get(i) + " | " + ours);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(names.size() > 380);
    }

    /** QMP puts no "can't apply global" before a message, and words two of them otherwise. */
    private static String refusal(HostCpu tcg, CpuDefinition model, String name) {
        try {
            tcg.model(model + "," + name + "=on");
            return "";
        } catch (CpuModelException e) {
            if (e.getMessage().startsWith("unable to find CPU model")) {
                return "The CPU definition '" + model + "' is unknown.";
            }
            return e.getMessage().replaceFirst("can't apply global [^:]*: ", "");
        }
    }
}

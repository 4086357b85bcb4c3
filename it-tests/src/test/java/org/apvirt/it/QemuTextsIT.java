package org.apvirt.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;
import org.apvirt.cpu.CpuModelException;
import org.apvirt.cpu.FeatureGroup;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuHost;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The same command lines for a real QEMU 7.2, which runs them in TCG, and for ours: messages and exit status must be
 * the same. With {@code -Dqemu.required=true} a missing QEMU fails the test.
 */
class QemuTextsIT {
    private static final String QEMU = "qemu-system-s390x";
    private static final List<String> ALWAYS = List.of(QEMU, "-nodefaults", "-display", "none", "-S", "-monitor",
            "none",
            "-qmp", "stdio");
    private static final String QUIT = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";

    @BeforeAll
    static void aQemu72IsNeeded() throws Exception {
        Programs.require("qemu.required", Programs.isInstalled(QEMU),
                QEMU + " is not installed (apt-get install qemu-system-misc)");
        String version = Programs.run(List.of(QEMU, "--version")).text();
        Programs.require("qemu.required", version.contains("version 7.2."), "the texts are those of 7.2, here is "
                + version.lines().findFirst().orElse(""));
    }

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
            """;

    static List<String> lines() {
        return LINES.lines().toList();
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aCommandLineDrawsTheSameMessages(String line) throws Exception {
        compare(line.split(" "));
    }

    static Stream<String> models() {
        return Arrays.stream(CpuDefinition.values()).flatMap(model -> Stream.of(model.toString(), model + "-base"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void aModelDrawsTheSameMessages(String model) throws Exception {
        compare("-cpu", model);
    }

    private static void compare(String... arguments) throws Exception {
        List<String> words = new ArrayList<>(ALWAYS);
        Arrays.stream(arguments).map(word -> word.equals("~") ? "" : word).forEach(words::add);
        Path errors = Files.createTempFile("qemu", ".txt");
        try {
            Process process = new ProcessBuilder(words).redirectError(errors.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            try (Writer in = process.outputWriter()) {
                in.write(QUIT);
            } catch (IOException e) {
                // It ended before it read anything, as it should.
            }
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "qemu did not end");
            QemuCheck ours = QemuCheck.of(QemuHost.tcg(QemuVersion.V7_2), words);
            assertEquals(Files.readString(errors).lines().collect(Collectors.joining("\n")),
                    String.join("\n", ours.messages()));
            assertEquals(process.exitValue(), ours.exitStatus());
        } finally {
            Files.delete(errors);
        }
    }

    @Test
    void eachFeatureOfEachModelIsRefusedOrNotInTheSameWords() throws Exception {
        HostCpu tcg = HostCpu.tcg(QemuVersion.V7_2);
        List<String> names = new ArrayList<>();
        Stream.of(CpuFeature.values()).map(CpuFeature::toString).forEach(names::add);
        Stream.of(FeatureGroup.values()).map(FeatureGroup::toString).forEach(names::add);
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        Process process = new ProcessBuilder(ALWAYS).redirectErrorStream(true).start();
        try (Writer in = process.outputWriter(StandardCharsets.UTF_8);
                BufferedReader out = new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            out.readLine(); // greeting
            ask(in, out, "{\"execute\":\"qmp_capabilities\"}\n");
            for (CpuDefinition model : CpuDefinition.values()) {
                for (String name : names) {
                    String answer = ask(in, out, "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{\"type\":"
                            + "\"full\",\"model\":{\"name\":\"" + model + "\",\"props\":{\"" + name + "\":true}}}}\n");
                    String real = answer.startsWith("{\"error\"")
                            ? answer.replaceFirst(".*\"desc\": \"", "").replaceFirst("\"}}$", "")
                            : "";
                    String ours = refusal(tcg, model, name);
                    if (!ours.equals(real)) {
                        wrong.add(model + "," + name + ": " + real + " | " + ours);
                    }
                    compared++;
                }
            }
            in.write("{\"execute\":\"quit\"}\n");
        } finally {
            process.destroy();
        }
        assertEquals(List.of(), wrong);
        assertTrue(compared > 15_000, "compared " + compared);
    }

    private static String ask(Writer in, BufferedReader out, String command) throws IOException {
        in.write(command);
        in.flush();
        return out.readLine();
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

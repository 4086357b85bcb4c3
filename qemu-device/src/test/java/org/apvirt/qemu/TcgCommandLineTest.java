// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apvirt.qemu.TcgCommandLine.Monitor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TcgCommandLineTest {
    private static final Path DIRECTORY = Path.of("/run/x");
    private static final String JSON = "{\"driver\":\"vfio-ap\",\"id\":\"hostdev0\",\"sysfsdev\":\"/sys/bus/mdev/devices/u\"}";

    private static TcgCommandLine of(String... arguments) throws QemuExit {
        List<String> words = new ArrayList<>(List.of("/usr/bin/qemu-system-s390x"));
        words.addAll(List.of(arguments));
        return TcgCommandLine.of(words, DIRECTORY);
    }

    private static String words(TcgCommandLine line) {
        return String.join(" ", line.words().subList(1, line.words().size()));
    }

    private static String checked(TcgCommandLine line) {
        return String.join(" ", line.checked().subList(3, line.checked().size()));
    }

    @Test
    void whatLibvirtSendsLosesItsDeviceAndItsMonitorIsMoved() throws QemuExit {
        TcgCommandLine line = of("-name", "guest=g1,debug-threads=on", "-S", "-machine",
                "s390-ccw-virtio-7.2,usb=off,memory-backend=s390.ram", "-accel", "kvm", "-cpu", "qemu", "-chardev",
                "socket,id=charmonitor,fd=21,server=on,wait=off", "-mon", "chardev=charmonitor,id=monitor,mode=control",
                "-add-fd", "set=0,fd=20,opaque=console0-source", "-device", JSON, "-device",
                "{\"driver\":\"sclpconsole\",\"chardev\":\"c\"}", "-sandbox", "on,spawn=deny");
        assertEquals("-name guest=g1,debug-threads=on -S -machine s390-ccw-virtio-7.2,usb=off,memory-backend=s390.ram"
                + " -accel tcg -cpu qemu -chardev socket,id=charmonitor,path=/run/x/qmp0,server=on,wait=off"
                + " -mon chardev=charmonitor,id=monitor,mode=control -add-fd set=0,fd=20,opaque=console0-source"
                + " -device {\"driver\":\"sclpconsole\",\"chardev\":\"c\"} -sandbox on,spawn=deny", words(line));
        assertEquals(List.of("qemu-system-s390x", "-accel", "kvm"), line.checked().subList(0, 3));
        assertTrue(checked(line).contains("-machine s390-ccw-virtio,usb=off,memory-backend=s390.ram -cpu host "),
                checked(line));
        assertTrue(checked(line).contains(JSON), checked(line));
        assertEquals(List.of(new Monitor(21, Path.of("/run/x/qmp0"), Path.of("/run/x/qmp0"), true)), line.monitors());
        assertEquals("g1", line.name());
        assertTrue(line.wantsKvm());
        assertTrue(line.startsStopped());
        assertFalse(line.isNone());
        assertFalse(line.daemonizes());
    }

    @Test
    void whatLibvirtAsksAnEmulatorWithIsNoGuest() throws QemuExit {
        TcgCommandLine line = of("-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none,accel=kvm:tcg",
                "-qmp", "unix:/var/m,server=on,wait=off", "-pidfile", "/var/p", "-daemonize");
        assertEquals("-S -no-user-config -nodefaults -nographic -machine none,accel=tcg -qmp"
                + " unix:/run/x/qmp0,server=on,wait=off -pidfile /var/p -daemonize", words(line));
        assertEquals(List.of(new Monitor(-1, Path.of("/var/m"), Path.of("/run/x/qmp0"), true)), line.monitors());
        assertTrue(line.isNone() && line.wantsKvm() && line.daemonizes());
        assertNull(line.name());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-enable-kvm | -accel tcg | true",
            "-accel kvm,dirty-ring-size=4 | -accel tcg | true",
            "-accel tcg,thread=multi | -accel tcg,thread=multi | false",
            "-machine s390-ccw-virtio,accel=kvm | -machine s390-ccw-virtio,accel=tcg | true",
            "-M s390-ccw-virtio,accel=tcg | -M s390-ccw-virtio,accel=tcg | false"})
    void everyFormOfKvmBecomesTcg(String given, String words, boolean wantsKvm) throws QemuExit {
        TcgCommandLine line = of(given.split(" "));
        assertEquals(words, words(line));
        assertEquals(wantsKvm, line.wantsKvm());
        assertFalse(checked(line).contains("accel"), checked(line));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"host | max | host | 0",
            "host,ap=on,apft=off,te=off | max,te=off | host,ap=on,apft=off,te=off | 0",
            "max,apqci=on,vx=on | max,vx=on | max,apqci=on,vx=on | 0", "qemu | qemu | host | 0",
            "qemu,vx=off | qemu,vx=off | host,vx=off | 0",
            "gen15a,ap=on,apft=on,-te | max,-te | gen15a,ap=on,apft=on,-te | 1",
            "z14-base,te=on | max | z14-base,te=on | 1"})
    void aModelIsAskedForAsItIsAndRunAsTcgHasIt(String given, String run, String checked, int warnings)
            throws QemuExit {
        TcgCommandLine line = of("-cpu", given);
        assertEquals("-cpu " + run, words(line));
        assertEquals("-cpu " + checked, checked(line));
        assertEquals(warnings, line.warnings().size(), line.warnings()::toString);
    }

    @Test
    void withoutAModelTheGuestHasThatOfTheHostAsUnderKvm() throws QemuExit {
        assertEquals("-m 512 -cpu host", checked(of("-m", "512")));
        assertEquals("-m 512", words(of("-m", "512")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vfio-ap,sysfsdev=/sys/u", "driver=vfio-ap,id=a", "vfio_ap,sysfsdev=/sys/u", JSON})
    void bothFormsOfTheDeviceAreTakenAway(String device) throws QemuExit {
        TcgCommandLine line = of("-device", device, "disk.img");
        assertEquals("disk.img", words(line));
        assertEquals("-device " + device + " disk.img -cpu host", checked(line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vfio-pci,host=1", "{\"driver\":", "virtio-net-ccw,netdev=vfio-ap"})
    void otherDevicesStayAlsoMalformedOnes(String device) throws QemuExit {
        assertEquals("-device " + device, words(of("-device", device)));
    }

    /** Those of HMP are for people; of the others the user is told. */
    @Test
    void monitorsThatAreOnNoUnixSocketStayWhereTheyAre() throws QemuExit {
        String[] given = {"-qmp", "tcp:localhost:4444,server=on", "-qmp", "stdio", "-qmp",
                "unix:/a,server=on,abstract=on", "-qmp", "unix:/a,reconnect-ms=5", "-qmp", "unix:/a,server=maybe",
                "-chardev", "socket,id=t,host=h,port=1,server=on", "-mon", "t,mode=control", "-chardev", "stdio,id=s",
                "-mon", "s,mode=control", "-monitor", "unix:/h,server=on", "-chardev",
                "socket,id=h,path=/hmp,server=on", "-mon", "chardev=h,mode=readline"};
        assertEquals(String.join(" ", given), words(of(given)));
        assertEquals(List.of(), of(given).monitors());
        assertEquals(7, of(given).warnings().size());
        assertEquals(
                "warning: -qmp stdio: this monitor is QEMU's alone and knows nothing of vfio-ap devices; one on a Unix"
                        + " socket does",
                of(given).warnings().get(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-qmp unix:path=/a,server=on,wait=off | -1 /a true | wait=off",
            "-qmp-pretty unix:/b,server=on | -1 /b true | wait=on", "-qmp unix:/e,server | -1 /e true | wait=on",
            "-qmp unix:/e,,f,server=yes,wait=maybe | -1 /e,f true | wait=maybe",
            "-qmp unix:/g,server=on,wait=off,foo=1,,2 | -1 /g true | wait=off,foo=1,,2",
            "-qmp unix:/h | -1 /h false | wait=off",
            "-qmp unix:/h,server=off | -1 /h false | wait=off"})
    void whatIsAskedOfTheSocketOfAMonitorStays(String given, String monitor, String asked) throws QemuExit {
        TcgCommandLine line = of(given.split(" "));
        assertEquals(given.split(" ")[0] + " unix:/run/x/qmp0,server=on," + asked, words(line));
        assertEquals(List.of(monitor), line.monitors().stream()
                .map(it -> it.descriptor() + " " + it.path() + " " + it.listens()).toList());
    }

    @Test
    void monitorsOnCharacterDevicesAreMovedToo() throws QemuExit {
        TcgCommandLine line = of("-chardev", "socket,id=m,path=/c,,d,server,nowait,logfile=/l", "-mon",
                "m,mode=control", "-chardev", "socket,path=/o,server=yes,id=n", "-object",
                "monitor-qmp,id=o,chardev=n", "-chardev", "socket,id=p,fd=9", "-mon", "chardev=p,mode=control");
        assertEquals("-chardev socket,id=m,path=/run/x/qmp0,server=on,wait=off,logfile=/l -mon m,mode=control"
                + " -chardev socket,id=n,path=/run/x/qmp1,server=on,wait=on -object monitor-qmp,id=o,chardev=n"
                + " -chardev socket,id=p,path=/run/x/qmp2,server=on,wait=off -mon chardev=p,mode=control", words(line));
        assertEquals(List.of("-1 /c,d true", "-1 /o true", "9 /run/x/qmp2 false"), line.monitors().stream()
                .map(it -> it.descriptor() + " " + it.path() + " " + it.listens()).toList());
    }

    @Test
    void theMachineNoneIsAskedForItsDevicesAsItIs() throws QemuExit {
        TcgCommandLine line = of("-device", JSON, "-M", "none");
        assertTrue(line.isNone());
        assertEquals("-device " + JSON + " -M none", words(line));
    }

    @Test
    void whatOnlyKvmCanDoIsRefusedByName() {
        for (String[] given : new String[][]{{"-object", "s390-pv-guest,id=pv0"},
                {"-object", "{\"qom-type\":\"s390-pv-guest\",\"id\":\"pv0\"}"},
                {"-machine", "s390-ccw-virtio,confidential-guest-support=pv0"}}) {
            QemuExit exit = assertThrows(QemuExit.class, () -> of(given));
            assertEquals(1, exit.status());
            assertEquals(List.of("qemu-system-s390x: " + String.join(" ", given)
                    + ": a protected guest needs KVM; the guests of apvirt run in TCG"), exit.messages().lines(),
                    Arrays.toString(given));
        }
    }

    @Test
    void whatNoQemuTakesIsRefusedInItsWords() {
        QemuExit exit = assertThrows(QemuExit.class, () -> of("-foo"));
        assertEquals(List.of("qemu-system-s390x: -foo: invalid option"), exit.messages().lines());
    }
}

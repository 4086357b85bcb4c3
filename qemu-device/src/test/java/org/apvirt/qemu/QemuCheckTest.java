// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The command line alone; no host is looked at. The texts of QEMU 7.2 were printed by one. */
class QemuCheckTest {
    private static final String DEVICE = "vfio-ap,sysfsdev=/sys/bus/mdev/devices/x";

    private static QemuHost kvm(QemuVersion version) {
        return QemuHost.kvm(HostCpu.kvm(version, CpuDefinition.Z14, Facilities.of(12, 15, 65), true), null);
    }

    private static List<String> said(QemuHost host, String... arguments) {
        return QemuCheck.of(host, TestHost.words(arguments)).messages();
    }

    private static List<String> tcg(String... arguments) {
        return said(QemuHost.tcg(QemuVersion.V7_2), arguments);
    }

    private static List<String> lines(String... lines) {
        List<String> expected = new ArrayList<>();
        for (String line : lines) {
            expected.add(line.startsWith("!") ? line.substring(1) : "qemu-system-s390x: " + line);
        }
        return expected;
    }

    @Nested
    class Devices {
        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"vfio-ap|No 'ap-bus' bus found for device 'vfio-ap'",
                "vfio_ap,sysfsdev=/x|'vfio_ap' is not a valid device model name",
                "foo,driver=vfio-ap|No 'ap-bus' bus found for device 'vfio-ap'",
                "driver=vfio-ap|No 'ap-bus' bus found for device 'vfio-ap'",
                "vfio-ap,bus=ap-bus|Bus 'ap-bus' not found", "vfio-ap,bus=|Bus '' not found",
                "vfio-ap,bus=/|Device 'vfio-ap' can't go on System bus",
                "vfio-ap,bus=virtual-css|Device 'vfio-ap' can't go on virtual-css-bus bus",
                "ap-bridge|Parameter 'driver' expects a pluggable device type",
                "ap-device|Parameter 'driver' expects a non-abstract device type",
                "sysfsdev=/x|Parameter 'driver' is missing", "x,y=a,,b|'x' is not a valid device model name"})
        void areRefusedInQemusWords(String argument, String message) {
            assertEquals(lines("-device " + argument + ": " + message), tcg("-device", argument));
            assertEquals(lines("--device " + argument + ": " + message), tcg("--device", argument));
        }

        @Test
        void s71_theUnderscoreNamesTheDeviceAtTheSeedVersionOnly() {
            String argument = "vfio_ap,sysfsdev=/x";
            assertEquals(List.of(), said(kvm(QemuVersion.SEED), "-cpu", "zEC12", "-device", argument));
            assertEquals(lines("-device vfio_ap,sysfsdev=/x: 'vfio_ap' is not a valid device model name"),
                    said(kvm(QemuVersion.V10_2), "-device", argument));
        }

        @Test
        void aBadIdIsRefusedBeforeAnythingElse() {
            assertEquals(
                    lines("-device vfio-ap,id=1x: Parameter 'id' expects an identifier",
                            "!Identifiers consist of letters, digits, '-', '.', '_', starting with a letter."),
                    tcg("-device", "vfio-ap,id=1x", "-machine", "foo", "-cpu", "foo"));
        }

        @Test
        void oneIdForTwoDevices() {
            assertEquals(lines("-device vfio-ap,id=a: Duplicate ID 'a' for device"),
                    tcg("-device", "virtio-rng-ccw,id=a", "-device", "vfio-ap,id=a"));
            String json = "{\"driver\":\"virtio-rng-ccw\",\"id\":\"a\"}";
            assertEquals(lines("-device " + json + ": Duplicate device ID 'a'"),
                    tcg("-device", "virtio-rng-ccw,id=a", "-device", json));
        }

        @Test
        void aPropertyWithoutValueIsASwitch() {
            assertEquals(lines("-device vfio-ap,sysfsdev: warning: short-form boolean option 'sysfsdev' deprecated",
                    "!Please use sysfsdev=on instead",
                    "-device vfio-ap,sysfsdev: No 'ap-bus' bus found for device 'vfio-ap'"),
                    tcg("-device", "vfio-ap,sysfsdev"));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
                "{\"driver\":\"vfio-ap\",\"sysfsdev\":\"/x\"}|No 'ap-bus' bus found for device 'vfio-ap'",
                "{'driver':'vfio_ap'}|'vfio_ap' is not a valid device model name",
                "{\"driver\":3}|Parameter 'driver' is missing", "{}|Parameter 'driver' is missing",
                "{\"driver\":\"vfio-ap\"|JSON parse error, premature EOI",
                "{\"driver\" \"x\"}|JSON parse error, missing : in object pair",
                "{\"driver\":\"x\"} x|Expecting at most one JSON value",
                "{driver:\"x\"}|JSON parse error, invalid keyword 'driver'",
                "{\"driver\":\"x\",}|JSON parse error, expecting value",
                "{\"driver\":\"x\\q\"}|JSON parse error, invalid escape sequence in string",
                "{\"driver\":\"x\",\"driver\":\"y\"}|JSON parse error, duplicate key",
                "{1:2}|JSON parse error, key is not a string in object",
                "{\"driver\":[1,2}|JSON parse error, expected separator in list",
                "{\"driver\":\"x\",\"id\":1]|JSON parse error, expected separator in dict",
                "{\"driver\":@}|JSON parse error, stray '@'", "{\"driver\":\"x|JSON parse error, stray '\"x'",
                "{\"driver\":\"x\",\"id\":01}|JSON parse error, stray '01'",
                "{\"driver\":\"vfio-ap\",\"id\":\"\\ud83d\\uDe00\"}|No 'ap-bus' bus found for device 'vfio-ap'",
                "{\"driver\":\"vfio-ap\",\"id\":\"\\ud83d\\u0041\"}|JSON parse error, \\ud83d is not a valid Unicode character"})
        void mayBeWrittenInJson(String argument, String message) {
            assertEquals(lines("-device " + argument + ": " + message), tcg("-device", argument));
        }

        @ParameterizedTest
        @CsvSource({"1023, No 'ap-bus' bus found for device 'vfio-ap'", "1024, JSON nesting depth limit exceeded",
                "100000, JSON nesting depth limit exceeded"})
        void mayNestInJsonAsDeepAsQemuGoes(int depth, String message) {
            String argument = "{\"driver\":\"vfio-ap\",\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
            assertEquals(lines("-device " + argument + ": " + message), tcg("-device", argument));
        }
    }

    @Nested
    class Machines {
        @Test
        void unknownOnes() {
            assertEquals(lines("unsupported machine type", "!Use -machine help to list supported machines"),
                    tcg("-machine", "foo", "-cpu", "foo", "-accel", "foo"));
            assertEquals(List.of(), tcg("-M", "s390-ccw-virtio-2.12"));
            assertFalse(tcg("-M", "s390-ccw-virtio-9.9").isEmpty());
        }

        @Test
        void unknownPropertiesComeBeforeAcceleratorAndCpu() {
            assertEquals(lines("Property 's390-ccw-virtio-7.2-machine.foo' not found"),
                    tcg("-machine", "s390-ccw-virtio,foo=1,accel=bar", "-cpu", "foo"));
            assertEquals(lines("-machine s390-ccw-virtio,foo: Expected '=' after parameter 'foo'"),
                    tcg("-machine", "s390-ccw-virtio,foo"));
        }

        @Test
        void noneHasNoBuses() {
            assertEquals(lines("-device vfio-ap: No 'ap-bus' bus found for device 'vfio-ap'"),
                    said(kvm(QemuVersion.V10_2), "-machine", "none", "-device", "vfio-ap"));
        }
    }

    @Nested
    class Accelerators {
        @Test
        void theFirstThatIsThereIsTaken() {
            assertEquals(lines("-accel kvm: invalid accelerator kvm"), tcg("-accel", "kvm", "-cpu", "host"));
            assertEquals(lines("invalid accelerator kvm"), tcg("-enable-kvm"));
            assertEquals(lines("invalid accelerator kvm", "invalid accelerator foo", "falling back to tcg"),
                    tcg("-machine", "accel=kvm:foo:tcg"));
            assertEquals(lines("The -accel and \"-machine accel=\" options are incompatible"),
                    tcg("-machine", "accel=kvm", "-accel", "tcg"));
        }

        @Test
        void tcgIsTheDefaultOfQemuItself() {
            QemuHost host = new QemuHost(QemuVersion.V10_2, kvm(QemuVersion.V10_2).kvm(), false, null);
            assertEquals(lines("unable to find CPU model 'host'"), said(host, "-cpu", "host"));
            assertEquals(List.of(), said(host, "-cpu", "host", "-enable-kvm", "-device", DEVICE));
            assertEquals(List.of(), said(host, "-machine", "s390-ccw-virtio,accel=kvm", "-device", DEVICE));
        }
    }

    @Nested
    class Cpus {
        @Test
        void eachCpuPrintsItsWarnings() {
            assertEquals(
                    lines("warning: 'idtes' requires 'dateh'.", "warning: 'ltlbc' requires 'dateh'.",
                            "warning: 'idtes' requires 'dateh'.", "warning: 'ltlbc' requires 'dateh'."),
                    tcg("-smp", "2", "-cpu", "max,dateh=off"));
        }

        @Test
        void s88_s92_qciAndApftWithoutApStartWithAMessage() {
            QemuCheck check = QemuCheck.of(kvm(QemuVersion.SEED),
                    TestHost.words("-cpu", "z14,ap=off,apqci=on,apft=on"));
            assertEquals(lines("warning: 'apqci' requires 'ap'.", "warning: 'apft' requires 'ap'."), check.messages());
            assertTrue(check.passes());
        }

        @Test
        void aMissingFeatureEndsAfterTheWarningsOfTheFirstCpu() {
            assertEquals(lines("warning: 'apqci' requires 'ap'.",
                    "Some features requested in the CPU model are not available in the configuration: apqci  "),
                    tcg("-smp", "2", "-cpu", "max,apqci=on"));
        }

        @Test
        void qemu10AddsAHint() {
            assertEquals(
                    lines("Some features requested in the CPU model are not available in the current configuration: ap  ",
                            "!Consider a different accelerator, QEMU, or kernel version"),
                    said(QemuHost.tcg(QemuVersion.V10_2), "-cpu", "max,ap=on"));
        }

        @Test
        void theLastOptionHolds() {
            assertEquals(lines("unable to find CPU model 'foo'"), tcg("-cpu", "max", "-cpu", "foo"));
        }
    }

    @Nested
    class Options {
        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"-foo|-foo: invalid option", "-|-: invalid option",
                "---device|---device: invalid option", "-cpu=foo|-cpu=foo: invalid option",
                "-cpu|-cpu: requires an argument"})
        void malformedOnesComeFirst(String option, String message) {
            assertEquals(lines(message), tcg("-device", "vfio-ap,id=1x", option));
        }

        @Test
        void othersAreSkippedWithTheirArguments() {
            assertEquals(List.of(),
                    said(kvm(QemuVersion.V10_2), "-name", "-cpu", "-m", "4G", "-nographic", "-drive",
                            "file=-device,if=virtio",
                            "disk.img", "-device", "virtio-net-ccw,netdev=n0,id=net", "-S", "-netdev", "user,id=n0",
                            "-cpu",
                            "host", "-device", DEVICE));
        }

        @Test
        void objectsAreCheckedForTypeAndId() {
            assertEquals(lines("-object iommufd,id=i0: Parameter 'qom-type' does not accept value 'iommufd'"),
                    tcg("-object", "iommufd,id=i0", "-cpu", "foo"));
            assertEquals(lines("-object rng-random: Parameter 'id' is missing"), tcg("-object", "rng-random"));
            assertEquals(lines("-object rng-random,id=a: Duplicate ID 'a' for object"),
                    tcg("-object", "rng-random,id=a", "-object", "rng-random,id=a"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"-help", "-version", "-h"})
        void helpEndsWell(String option) {
            assertEquals(new QemuCheck(List.of(), List.of(), 0),
                    QemuCheck.of(kvm(QemuVersion.V10_2), TestHost.words(option)));
            assertEquals(new QemuCheck(List.of(), List.of(), 0),
                    QemuCheck.of(kvm(QemuVersion.V10_2), TestHost.words("-cpu", "help", "-device", "foo")));
        }

        @ParameterizedTest
        @EnumSource
        void anyWordsAreRefusedOrPass(QemuVersion version) {
            Random random = new Random(version.ordinal()); // other words for each
            String[] words = {"-device", "-cpu", "-machine", "-accel", "-object", "-smp", "-m", "vfio-ap",
                    "zEC12,ap=on",
                    "id=a", "{", "}", "\"driver\"", ":", "vfio-ap,id=a,sysfsdev=/x", "{\"driver\":\"vfio-ap\"}", ",,,",
                    "=", "\u00fc", "\\u12", "none", "kvm:tcg", "iommufd,id=i", "2", "host", "[", "'", "-", "bus=/"};
            int refused = 0;
            for (int i = 0; i < 800; i++) {
                List<String> arguments = new ArrayList<>();
                for (int n = random.nextInt(7); n > 0; n--) {
                    String word = words[random.nextInt(words.length)];
                    arguments.add(random.nextInt(4) == 0 ? word + words[random.nextInt(words.length)] : word);
                }
                QemuCheck check = QemuCheck.of(kvm(version), TestHost.words(arguments.toArray(String[]::new)));
                assertTrue(check.passes() || !check.messages().isEmpty(), () -> "silent refusal of " + arguments);
                refused += check.exitStatus();
            }
            assertTrue(refused > 160 && refused < 800, "refused " + refused);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.apvirt.arch.Facilities;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.cpu.CpuFeature.AP;
import static org.apvirt.cpu.CpuFeature.AP_FACILITIES_TEST;
import static org.apvirt.cpu.CpuFeature.AP_QUERY_CONFIG_INFO;
import static org.apvirt.cpu.CpuFeature.AP_QUEUE_INTERRUPT_CONTROL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HostCpuTest {
    private static final Facilities AP_FACILITIES = Facilities.of(12, 15, 65);
    private static final Set<CpuFeature> FOUR = EnumSet.of(AP, AP_QUERY_CONFIG_INFO, AP_FACILITIES_TEST,
            AP_QUEUE_INTERRUPT_CONTROL);

    private static HostCpu z14(QemuVersion version) {
        return HostCpu.kvm(version, CpuDefinition.Z14, AP_FACILITIES, true);
    }

    private static String refusal(HostCpu host, String option) {
        return assertThrows(CpuModelException.class, () -> host.requireRunnable(host.model(option)), option)
                .getMessage();
    }

    @Nested
    class ApFeatures {
        @ParameterizedTest
        @EnumSource
        void s81_existFromZec12On(CpuDefinition definition) {
            boolean expected = definition.generation() >= 12;
            for (CpuFeature feature : FOUR) {
                assertEquals(expected, definition.fullFeatures().contains(feature), definition + " " + feature);
                assertFalse(definition.baseFeatures().contains(feature));
                assertFalse(definition.defaultFeatures().contains(feature));
            }
            boolean secure = definition.generation() >= 16;
            assertEquals(secure, definition.fullFeatures().contains(CpuFeature.UV_FEAT_AP));
            assertEquals(secure, definition.fullFeatures().contains(CpuFeature.UV_FEAT_AP_INTR));
        }

        @Test
        void s82_apIsOfferedOnlyIfTheHostHasIt() throws CpuModelException {
            HostCpu without = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, AP_FACILITIES, false);
            assertFalse(without.model("host").has(AP));
            assertEquals(
                    "Some features requested in the CPU model are not available in the current configuration: ap  ",
                    refusal(without, "z14,ap=on"));
            z14(QemuVersion.V10_2).requireRunnable(z14(QemuVersion.V10_2).model("z14,ap=on"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"zEC12", "zBC12", "z13", "z14"})
        void s83_s87_s91_areOnByDefaultFromZec12OnAtTheSeedVersion(String model) throws CpuModelException {
            CpuModel seed = z14(QemuVersion.SEED).model(model);
            assertTrue(seed.has(AP) && seed.has(AP_QUERY_CONFIG_INFO) && seed.has(AP_FACILITIES_TEST));
            CpuModel upstream = z14(QemuVersion.V10_2).model(model);
            assertFalse(upstream.has(AP) || upstream.has(AP_QUERY_CONFIG_INFO) || upstream.has(AP_FACILITIES_TEST));
        }

        @Test
        void s83_areNotOnByDefaultIfTheHostLacksThem() throws CpuModelException {
            HostCpu noQci = HostCpu.kvm(QemuVersion.SEED, CpuDefinition.Z14, Facilities.of(15), true);
            CpuModel model = noQci.model("zEC12");
            assertTrue(model.has(AP) && model.has(AP_FACILITIES_TEST));
            assertFalse(model.has(AP_QUERY_CONFIG_INFO));
            assertFalse(HostCpu.tcg(QemuVersion.SEED).model("z13").has(AP));
        }

        @Test
        void s83_neverComeToABaseModelByThemselves() throws CpuModelException {
            assertFalse(z14(QemuVersion.SEED).model("z14-base").has(AP));
        }

        @ParameterizedTest
        @ValueSource(strings = {"ap", "apqci", "apft"})
        void s87_s91_areRefusedForOlderModels(String feature) {
            assertEquals("can't apply global z196-s390x-cpu." + feature + "=on: Feature '" + feature
                    + "' is not available for CPU model 'z196', it was introduced with later models.",
                    refusal(z14(QemuVersion.SEED), "z196," + feature + "=on"));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"zEC12,ap=on|true", "zEC12,ap=off|false", "zEC12,ap=yes|true",
                "zEC12,ap=n|false", "zEC12,ap=on,ap=off|false", "host,ap=off|false"})
        void s84_areSwitchedByOnAndOff(String option, boolean on) throws CpuModelException {
            assertEquals(on, z14(QemuVersion.V10_2).model(option).has(AP));
        }

        @Test
        void s84_theDefaultModelIsTheHosts() {
            CpuModel model = z14(QemuVersion.V10_2).defaultModel();
            assertEquals("host", model.name());
            assertTrue(model.features().containsAll(FOUR));
            assertEquals("qemu", HostCpu.tcg(QemuVersion.V10_2).defaultModel().name());
        }

        @Test
        void s86_s90_followTheFacilityBitsOfTheHost() throws CpuModelException {
            HostCpu none = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, Facilities.NONE, true);
            assertEquals("Some features requested in the CPU model are not available in the current configuration: "
                    + "apqi apft apqci  ", refusal(none, "z14,ap=on,apqci=on,apft=on,apqi=on"));
            Facilities guest = z14(QemuVersion.V10_2).model("host").facilities();
            assertTrue(guest.has(12) && guest.has(15) && guest.has(65) && guest.has(76));
        }

        @Test
        void s88_s92_qciAndApftWithoutApAreWarnedAboutAndStart() throws CpuModelException {
            HostCpu host = z14(QemuVersion.SEED);
            CpuModel model = host.model("z14,ap=off,apqci=on,apft=on");
            host.requireRunnable(model);
            assertEquals(List.of("warning: 'apqci' requires 'ap'.", "warning: 'apft' requires 'ap'."),
                    model.warnings());
        }
    }

    @Nested
    class Models {
        @Test
        void hostExistsOnlyUnderKvm() throws CpuModelException {
            assertEquals("unable to find CPU model 'host'", refusal(HostCpu.tcg(QemuVersion.V7_2), "host"));
            assertEquals(z14(QemuVersion.V10_2).model("host"), z14(QemuVersion.V10_2).model("max"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"foo", "zec12", "qemu-base", "max-base", "host-base", "z900-s390x-cpu", "help",
                ",ap=on"})
        void unknownOnesAreNotFound(String option) {
            assertEquals("unable to find CPU model '" + option.replaceFirst(",.*", "") + "'",
                    refusal(z14(QemuVersion.V10_2), option));
        }

        @Test
        void z17CameAfterQemu72() throws CpuModelException {
            assertEquals("unable to find CPU model 'gen17a'", refusal(z14(QemuVersion.V7_2), "gen17a"));
            assertEquals(
                    "Selected CPU generation is too new. Maximum supported model in the current configuration: 'z14'",
                    refusal(z14(QemuVersion.V10_2), "gen17a"));
        }

        @Test
        void aNewerGaLevelIsRefused() {
            HostCpu host = z14(QemuVersion.V10_2);
            CpuModelException refused = assertThrows(CpuModelException.class,
                    () -> host.requireRunnable(host.model("z14.2")));
            assertEquals(
                    "Selected CPU GA level is too new. Maximum supported model in the current configuration: 'z14'",
                    refused.getMessage());
            assertEquals("Consider a different accelerator, try \"-accel help\"", refused.hint());
        }

        @Test
        void qemu72SpeaksOfTheConfigurationAndGivesNoHint() {
            HostCpu host = z14(QemuVersion.V7_2);
            CpuModelException refused = assertThrows(CpuModelException.class,
                    () -> host.requireRunnable(host.model("gen15a")));
            assertEquals("Selected CPU generation is too new. Maximum supported model in the configuration: 'z14'",
                    refused.getMessage());
            assertNull(refused.hint());
        }
    }

    @Nested
    class Syntax {
        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"zEC12,+ap|Expected key=value format, found +ap.",
                "zEC12,-ap|Expected key=value format, found -ap.", "zEC12,ap|Expected key=value format, found ap.",
                "z900,foo=1,bar|Expected key=value format, found bar.", "foo,ap|unable to find CPU model 'foo'",
                "z900,ap=maybe|can't apply global z900-s390x-cpu.ap=maybe: Parameter 'ap' expects 'on' or 'off'",
                "z900,ap=|can't apply global z900-s390x-cpu.ap=: Parameter 'ap' expects 'on' or 'off'",
                "z900,ap=ON|can't apply global z900-s390x-cpu.ap=ON: Parameter 'ap' expects 'on' or 'off'",
                "max,foo=on|can't apply global max-s390x-cpu.foo=on: Property 'max-s390x-cpu.foo' not found",
                "max,type=3|can't apply global max-s390x-cpu.type=3: Property 'max-s390x-cpu.type' is not writable",
                "max,core-id=x|can't apply global max-s390x-cpu.core-id=x: Parameter 'core-id' expects uint64",
                "z900,msa5=on|can't apply global z900-s390x-cpu.msa5=on: Group 'msa5' is not available for CPU model "
                        + "'z900', it was introduced with later models."})
        void isRefusedInQemusWords(String option, String message) {
            assertEquals(message, refusal(HostCpu.tcg(QemuVersion.V7_2), option));
        }

        @Test
        void nothingAtAllIsRefused() {
            assertEquals("-cpu option cannot be empty", refusal(z14(QemuVersion.V10_2), ""));
        }

        @Test
        void emptyPartsAreSkippedAndTheLastSettingHolds() throws CpuModelException {
            assertTrue(z14(QemuVersion.V10_2).model("z14,,,ap=off,,ap=on,").has(AP));
            assertFalse(z14(QemuVersion.V10_2).model("z14,ap=on,ap=off").has(AP));
            assertTrue(z14(QemuVersion.V10_2).model("z14,ap=y,realized=off,core-id=3").has(AP));
        }

        @Test
        void aGroupSwitchesItsMembers() throws CpuModelException {
            CpuModel model = z14(QemuVersion.V10_2).model("z14,msa=off,msa3=off,msa3=on");
            assertFalse(model.has(CpuFeature.MSA_BASE) || model.has(CpuFeature.KM_DEA));
            assertTrue(model.has(CpuFeature.MSA3_BASE) && model.has(CpuFeature.PCKMO_EDEA));
        }

        @Test
        void anyTextIsAModelOrARefusal() {
            Random random = new Random(7);
            String[] pieces = {"zEC12", "z14", "max", "host", "-base", ",", ",,", "=", "ap", "apqci=on", "msa4", "=off",
                    "on", "+", " ", "\u00e9", "\0", "gen17a", ".2", "no"};
            int refused = 0;
            for (int i = 0; i < 20_000; i++) {
                StringBuilder option = new StringBuilder();
                for (int n = random.nextInt(7); n > 0; n--) {
                    option.append(pieces[random.nextInt(pieces.length)]);
                }
                HostCpu host = z14(QemuVersion.values()[i % QemuVersion.values().length]);
                try {
                    host.requireRunnable(host.model(option.toString()));
                } catch (CpuModelException expected) {
                    assertFalse(expected.getMessage().isEmpty());
                    refused++;
                }
            }
            assertTrue(refused > 1000 && refused < 20_000, "refused " + refused);
        }
    }

    @Nested
    class OfARealMachine {
        private static final String CPUINFO = """
                vendor_id       : IBM/S390
                # processors    : 2
                bogomips per cpu: 3241.00
                max thread id   : 0
                features	: esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx vxd vxe gs sie
                facilities      : %s
                cache0          : level=1 type=Data scope=Private size=128K line_size=256 associativity=8
                processor 0: version = 00,  identification = 2F9F28,  machine = %s
                processor 1: version = 00,  identification = 2F9F28,  machine = %s
                """;
        private static final String Z14_BITS = "0 1 2 3 4 6 7 8 9 10 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 30 "
                + "31 32 33 34 35 36 37 38 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 57 58 59 60 64 65 69 71 72 73 74 75 "
                + "76 77 78 80 81 82 128 129 130 131 133 134 135 138 139 146 147 156";

        @Test
        void theModelIsFoundByTypeAndFacilities() throws CpuModelException {
            HostCpu host = ProcCpuinfo.parse(String.format(CPUINFO, Z14_BITS, "3906", "3906")).host(QemuVersion.V10_2,
                    true);
            assertEquals(CpuDefinition.Z14_2, host.definition());
            assertTrue(host.model("host").features().containsAll(FOUR));
            host.requireRunnable(host.model("zEC12,ap=on,apqci=on,apft=on"));
        }

        @Test
        void aMachineThatHidesItsApBusOffersNoAp() {
            HostCpu host = ProcCpuinfo.parse(String.format(CPUINFO, Z14_BITS, "3906", "3906")).host(QemuVersion.V10_2,
                    false);
            assertFalse(host.features().contains(AP));
        }

        @Test
        void aMidRangeMachineIsNotTakenForTheBigOne() {
            HostCpu host = ProcCpuinfo.parse(String.format(CPUINFO, Z14_BITS, "3907", "3907")).host(QemuVersion.V10_2,
                    true);
            assertEquals(CpuDefinition.Z14ZR1, host.definition());
        }

        @Test
        void lackingFacilitiesMakeItAnOlderModel() {
            String noStfle53 = Z14_BITS.replace(" 53 ", " ");
            HostCpu host = ProcCpuinfo.parse(String.format(CPUINFO, noStfle53, "3906", "3906")).host(QemuVersion.V10_2,
                    true);
            assertEquals(12, host.definition().generation());
        }

        @Test
        void aFacilityThatIsNotThereTakesItsSubfunctionsAlong() {
            String noMsa4 = Z14_BITS.replace(" 77 ", " ");
            HostCpu host = ProcCpuinfo.parse(String.format(CPUINFO, noMsa4, "3906", "3906")).host(QemuVersion.V10_2,
                    true);
            assertFalse(host.features().contains(CpuFeature.KMF_DEA));
            assertTrue(host.features().contains(CpuFeature.KM_EAES_256));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "processor : 0\nvendor_id : GenuineIntel\n", "machine = 3906"})
        void whatIsNotFromS390xIsRefused(String text) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> ProcCpuinfo.parse(text)).getMessage()
                    .startsWith("/proc/cpuinfo: "));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.stream.Stream;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.CcaIdentity.MasterKey;
import org.apvirt.sim.CcaIdentity.Register;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ZcryptCardsTest {
    private static final String SERIAL = "/devices/ap/card05/serialnr";
    private static final String MKVPS = "/devices/ap/card05/05.0004/mkvps";
    private static final String UNKNOWN = "AES NEW: - -\nAES CUR: - -\nAES OLD: - -\nAPKA NEW: - -\nAPKA CUR: - -\n"
            + "APKA OLD: - -\nASYM NEW: - -\nASYM CUR: - -\nASYM OLD: - -\n";

    private static TestHost boot(TestLevel level, AdapterSpec adapter) {
        return new TestHost(level, machine -> machine.usageDomains(ApMask.of(4)).adapter(adapter)).withDrivers();
    }

    static Stream<Arguments> generations() {
        return Stream.of(10, 11, 12, 13, 14).flatMap(type -> Stream.of(AdapterMode.values())
                .map(mode -> Arguments.of(type, mode, "CEX" + (type - 6) + mode.name().charAt(0))));
    }

    @ParameterizedTest
    @MethodSource("generations")
    void areNamedByGenerationAndMode(int type, AdapterMode mode, String name) {
        TestHost host = boot(TestLevel.LINUX_6_12, AdapterSpec.of(5, type, mode));
        String letter = mode == AdapterMode.EP11 ? "P" : name.substring(4);
        assertEquals(name.substring(0, 4) + letter + '\n', host.read("/devices/ap/card05/type"));
    }

    @ParameterizedTest
    @CsvSource({"6,cex2acard,CEX2A", "8,cex2acard,CEX3A", "7,pcixcccard,CEX2C", "9,pcixcccard,CEX3C"})
    void ofOldTypesHaveDriversAtTheLevelOfTheirTime(int type, String driver, String name) throws ErrnoException {
        AdapterMode mode = type % 2 == 0 ? AdapterMode.ACCELERATOR : AdapterMode.CCA;
        TestHost host = boot(TestLevel.SEED, AdapterSpec.of(5, type, mode));
        ZcryptDriverModule.ZCRYPT_CEX2A.load(host.bus, host.zcrypt);
        ZcryptDriverModule.ZCRYPT_PCIXCC.load(host.bus, host.zcrypt);
        assertEquals(driver, host.driver("card05"));
        assertEquals(driver.replace("card", "queue"), host.driver("05.0004"));
        assertEquals(name + "\n", host.read("/devices/ap/card05/type"));
        TestHost today = boot(TestLevel.LINUX_6_12, AdapterSpec.of(5, type, mode));
        assertEquals(0, today.bus.devices().size());
    }

    @Nested
    class ACcaCoprocessor {
        private final CcaIdentity identity = new CcaIdentity("93AADFK9",
                new MasterKey(Register.EMPTY, new Register('2', "c4d5a6b7c8d9eafb"),
                        new Register('2', "0102030405060708")),
                new MasterKey(new Register('3', "1111111122222222"), new Register('2', "3333333344444444"),
                        Register.EMPTY),
                new MasterKey(new Register('2', ""), new Register('2', "00112233445566778899aabbccddeeff"),
                        new Register('2', "ffeeddccbbaa99887766554433221100")));
        private final AdapterSpec card = AdapterSpec.of(5, 11, AdapterMode.CCA).cca(identity);

        @Test
        void tellsSerialNumberAndMasterKeys() {
            TestHost host = boot(TestLevel.LINUX_6_12, card);
            assertEquals("93AADFK9\n", host.read(SERIAL));
            assertEquals("AES NEW: empty 0x0000000000000000\nAES CUR: valid 0xc4d5a6b7c8d9eafb\n"
                    + "AES OLD: valid 0x0102030405060708\nAPKA NEW: full 0x1111111122222222\n"
                    + "APKA CUR: valid 0x3333333344444444\nAPKA OLD: invalid 0x0000000000000000\n"
                    + "ASYM NEW: partial 0x00000000000000000000000000000000\n"
                    + "ASYM CUR: valid 0x00112233445566778899aabbccddeeff\n"
                    + "ASYM OLD: valid 0xffeeddccbbaa99887766554433221100\n", host.read(MKVPS));
        }

        @Test
        void isRememberedWhileOfflineBySomeKernelsOnly() throws ErrnoException {
            TestHost old = boot(TestLevel.LINUX_6_12, card);
            old.read(SERIAL);
            String keys = old.read(MKVPS);
            old.write("/devices/ap/card05/online", "0");
            assertEquals("93AADFK9\n", old.read(SERIAL));
            assertEquals(keys, old.read(MKVPS));
            TestHost recent = boot(TestLevel.LINUX_7_2, card);
            recent.read(SERIAL);
            recent.write("/devices/ap/card05/online", "0");
            assertEquals("\n", recent.read(SERIAL));
            assertEquals(UNKNOWN, recent.read(MKVPS));
        }

        @Test
        void thatRefusesQueriesIsUnknown() {
            TestHost host = boot(TestLevel.LINUX_6_12, card.withoutIdentity());
            assertEquals("\n", host.read(SERIAL));
            assertEquals(UNKNOWN, host.read(MKVPS));
        }

        @Test
        void thatCannotBeAskedMakesTheBusScan() throws ErrnoException {
            TestHost host = boot(TestLevel.LINUX_6_12, card);
            host.write("/bus/ap/drivers/cex4queue/unbind", "05.0004");
            String scans = host.read("scans");
            assertEquals("\n", host.read(SERIAL));
            assertEquals(Integer.parseInt(scans.strip()) + 1 + "\n", host.read("scans"));
        }

        @Test
        void countsItsQueriesAsRequests() {
            TestHost host = boot(TestLevel.LINUX_6_12, card);
            int before = Integer.parseInt(host.read("/devices/ap/card05/request_count").strip());
            host.read(SERIAL);
            assertEquals(before + 2 + "\n", host.read("/devices/ap/card05/request_count"));
            assertEquals("0\n", host.read("/devices/ap/card05/load"));
        }
    }

    @Nested
    class AnEp11Coprocessor {
        private final TestHost host = boot(TestLevel.LINUX_6_12, AdapterSpec.of(5, 14, AdapterMode.EP11));

        @Test
        void tellsItsFirmwareAndSerialNumber() {
            assertTrue(host.read("/devices/ap/card05/API_ordinalnr").matches("[1-9][0-9]*\n"));
            assertTrue(host.read("/devices/ap/card05/FW_version").matches("[0-9]+\\.[0-9]+\n"));
            assertTrue(host.read(SERIAL).matches("[^\n]{16}\n"));
            assertTrue(host.read(MKVPS).matches("WK CUR: [^\n]+\nWK NEW: [^\n]+\n"));
        }

        @Test
        void thatIsOfflineHasUnknownKeys() throws ErrnoException {
            host.write("/devices/ap/card05/05.0004/online", "0");
            assertEquals("WK CUR: - -\nWK NEW: - -\n", host.read(MKVPS));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The attributes of the bus. */
class BusAttributesTest {
    private final TestHost host = TestHost.standard(TestLevel.LINUX_6_12).withDrivers();

    private static TreeSet<String> names(TestHost host, String path) {
        return new TreeSet<>(((SysfsDirectory) host.node(path)).names());
    }

    @Test
    void areThoseOfTheKernel() {
        assertEquals(new TreeSet<>(List.of("ap_adapter_mask", "ap_control_domain_mask", "ap_domain",
                "ap_interrupts", "ap_max_adapter_id", "ap_max_domain_id", "ap_usage_domain_mask", "apmask",
                "aqmask", "bindings", "config_time", "devices", "drivers", "drivers_autoprobe", "drivers_probe",
                "features", "poll_thread", "poll_timeout", "scans", "uevent")), names(host, "/bus/ap"));
        assertEquals("1\n",
                TestHost.standard(TestLevel.LINUX_7_2).withDrivers().read("bindings_complete_count"));
    }

    @ParameterizedTest
    @CsvSource({"4,4", "0x47,71", "' 171',171", "0xff,255", "'4 71',4", "4x,4", "1e1,1", "4294967300,4", "007,7",
            "0,0"})
    void apDomainTakes(String text, String domain) throws ErrnoException {
        host.write("ap_domain", text);
        assertEquals(domain + "\n", host.read("ap_domain"));
        assertEquals(domain + "\n", host.read("/module/ap/parameters/domain"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"+255", "-1", "256", "abc", "\n", "99999999999999999999"})
    void apDomainRefuses(String text) {
        assertEquals(Errno.EINVAL, host.refused("ap_domain", text));
        assertEquals("4\n", host.read("ap_domain"));
    }

    @Test
    void apDomainMustBeInAqmask() throws ErrnoException {
        host.write("aqmask", "-3");
        assertEquals(Errno.EINVAL, host.refused("ap_domain", "3"));
    }

    @ParameterizedTest
    @CsvSource({"5,5", "120,120", "030,30", "' 60',60", "60x,60", "4294967326,30"})
    void configTimeTakes(String text, String seconds) throws ErrnoException {
        host.write("config_time", text);
        assertEquals(seconds + "\n", host.read("config_time"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "121", "-30", "0x20", "\n", "abc"})
    void configTimeRefuses(String text) {
        assertEquals(Errno.EINVAL, host.refused("config_time", text));
    }

    @Test
    void configTimeSetsTheTimerAnew() throws ErrnoException {
        host.write("config_time", "5");
        host.machine.removeAdapter(6);
        host.time.advanceMillis(4_999);
        assertEquals("8/8 (complete)\n", host.read("bindings"));
        host.time.advanceMillis(1);
        assertEquals("4/4 (complete)\n", host.read("bindings"));
    }

    @Test
    void u5_scansCountsAndAWriteScansAtOnce() throws ErrnoException {
        assertEquals("1\n", host.read("scans"));
        host.machine.addAdapter(AdapterSpec.of(7, 14, AdapterMode.CCA));
        host.write("scans", "anything");
        assertEquals("cex4card", host.driver("card07"));
        assertEquals("2\n", host.read("scans"));
        host.time.advanceMillis(30_000);
        assertEquals("3\n", host.read("scans"));
    }

    @Test
    void u6_u7_bindingsTellsWhatHasADriverAndAnEventThatAllHave() throws ErrnoException {
        TestHost fresh = TestHost.standard(TestLevel.LINUX_7_2);
        assertEquals(List.of("/devices/ap INITSCAN=done"), fresh.told("INITSCAN"));
        assertEquals("0/8\n", fresh.read("bindings"));
        assertEquals("0\n", fresh.read("bindings_complete_count"));
        ZcryptModule zcrypt = ZcryptModule.load(fresh.kernel, fresh.bus, Map.of());
        ZcryptDriverModule.ZCRYPT_CEX4.load(fresh.bus, zcrypt);
        assertEquals("8/8 (complete)\n", fresh.read("bindings"));
        fresh.bus.scan();
        assertEquals(List.of("/devices/ap BINDINGS=complete"), fresh.told("BINDINGS"));
        assertEquals(List.of("/devices/ap COMPLETECOUNT=1"), fresh.told("COMPLETECOUNT"));
        assertEquals("1\n", fresh.read("bindings_complete_count"));
        fresh.write("/bus/ap/drivers/cex4queue/unbind", "06.0004");
        assertEquals("7/8\n", fresh.read("bindings"));
    }

    @ParameterizedTest
    @CsvSource({"250000,250000", "0x3d090,250000", "+7,7", "120000000000,120000000000", "0,0"})
    void pollTimeoutTakes(String text, String nanos) throws ErrnoException {
        host.write("poll_timeout", text);
        assertEquals(nanos + "\n", host.read("poll_timeout"));
    }

    @ParameterizedTest
    @CsvSource({"120000000001,EINVAL", "-1,EINVAL", "'250000 ',EINVAL", "99999999999999999999,ERANGE"})
    void pollTimeoutRefuses(String text, Errno errno) {
        assertEquals(errno, host.refused("poll_timeout", text));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "y,1", "true,1", "on,1", "10,1", "0,0", "no,0", "f,0", "oFF,0"})
    void pollThreadTakes(String text, String on) throws ErrnoException {
        host.write("poll_thread", text);
        assertEquals(on + "\n", host.read("poll_thread"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "o", "\n", "ox"})
    void pollThreadRefuses(String text) {
        assertEquals(Errno.EINVAL, host.refused("poll_thread", text));
    }

    @Test
    void withoutQciSayThatMasksAreNotSupported() {
        TestHost old = new TestHost(TestLevel.LINUX_6_12,
                machine -> machine.facilities(Facilities.of(Facilities.APFT)).apxa(false)
                        .usageDomains(ApMask.of(4)).adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)));
        assertEquals("not supported\n", old.read("ap_usage_domain_mask"));
        assertEquals("-\n", old.read("features"));
        assertEquals("63\n", old.read("ap_max_adapter_id"));
        assertEquals("15\n", old.read("ap_max_domain_id"));
        assertEquals("0/1\n", old.read("bindings"));
    }

    @Test
    void nameTheFeatures() {
        TestHost all = new TestHost(TestLevel.LINUX_6_12, machine -> machine.qciFlags(ApConfigInfo.APSC
                | ApConfigInfo.APXA | ApConfigInfo.QACT | ApConfigInfo.RC8A | ApConfigInfo.APSB).na(20).nd(84));
        assertEquals("APSC APXA QACT RC8A APSB\n", all.read("features"));
        assertEquals("20\n", all.read("ap_max_adapter_id"));
        assertEquals("84\n", all.read("ap_max_domain_id"));
    }

    @Test
    void anUnknownUeventWordIsEinvalAndLogged() {
        assertEquals(Errno.EINVAL, host.refused("uevent", "xyz"));
        assertEquals(List.of("synth uevent: /bus/ap: unknown uevent action string"), host.log);
    }
}

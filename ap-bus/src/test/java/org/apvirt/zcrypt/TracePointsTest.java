// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.Map;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.SysfsFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.Mockito.mock;

/** Trace points, beyond what the recordings show: requests of programs, refusals, further tries. */
class TracePointsTest {
    private TestHost host;

    private void boot(TestLevel level) throws ErrnoException {
        host = new TestHost(level, machine -> machine.adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4))).withDrivers();
        file("events/s390/enable").store("1");
    }

    private SysfsFile file(String path) {
        return (SysfsFile) host.node("/kernel/tracing/" + path);
    }

    /** Returns what is recorded, without program, time, address and PSMID. */
    private List<String> trace() throws ErrnoException {
        return file("trace").show().lines().filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceAll("^.* \\S{5} +[0-9.]+: s390_", "").replaceAll(" ?(ptr|psmid)=[0-9a-fx]+",
                        ""))
                .toList();
    }

    private void modularExponentiation(int bytes) throws ErrnoException {
        byte[] number = new byte[bytes];
        number[bytes - 1] = 5;
        byte[] modulus = new byte[bytes];
        modulus[bytes - 1] = 35;
        host.zcrypt.dispatch().send(new RsaRequest(AccessRights.ofHost(host.bus), false, bytes,
                () -> new byte[][]{number, number, modulus}));
    }

    @ParameterizedTest
    @CsvSource({"64, 0x0000", "129, 0x0001", "257, 0x0002"})
    void u30_eachTryOfARequestIsToldAtItsBeginningAndAtItsEnd(int bytes, String function) throws ErrnoException {
        boot(TestLevel.LINUX_6_12);
        modularExponentiation(bytes);
        assertEquals(List.of("zcrypt_req: type=ICARSAMODEXPO",
                "zcrypt_rep: fc=" + function + " rc=0 dev=0x06 domain=0x0004"), trace());
    }

    @Test
    void u30_nqapAndDqapAreToldByLinux72() throws ErrnoException {
        boot(TestLevel.LINUX_7_2);
        modularExponentiation(64);
        assertEquals(List.of("zcrypt_req: type=ICARSAMODEXPO", "ap_nqap: card=6 dom=4 status=0x41000000",
                "ap_dqap: card=6 dom=4 status=0x81000000", "zcrypt_rep: fc=0x0000 rc=0 card=6 dom=4"), trace());
    }

    @Test
    void triesOfOneRequestHaveOneAddressAndRequestsHaveTheirOwn() throws ErrnoException {
        boot(TestLevel.LINUX_6_12);
        modularExponentiation(64);
        modularExponentiation(64);
        List<String> addresses = file("trace").show().lines().filter(line -> line.contains("ptr="))
                .map(line -> line.replaceAll(".* ptr=([0-9a-f]{16}) .*", "$1")).toList();
        assertEquals(List.of(addresses.get(0), addresses.get(0), addresses.get(2), addresses.get(2)), addresses);
        assertEquals(2, addresses.stream().distinct().count());
    }

    @Test
    void aRequestThatIsRefusedBeforeAQueueIsLookedForNamesNone() throws ErrnoException {
        boot(TestLevel.LINUX_6_12);
        ZcryptFile open = ZcryptFile.open(host.zcrypt, null);
        for (int request : new int[]{ZcryptIoctl.ICARSAMODEXPO, ZcryptIoctl.ICARSACRT, ZcryptIoctl.ZSECSENDCPRB}) {
            assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                    () -> open.ioctl(request, new IoctlArgument(0, new byte[200], mock(IoctlArgument.FileTable.class))))
                    .errno());
        }
        open.close();
        assertEquals(List.of("zcrypt_req: type=ICARSAMODEXPO", "zcrypt_rep: fc=0x0000 rc=-22 dev=0x00 domain=0x0000",
                "zcrypt_req: type=ICARSACRT", "zcrypt_rep: fc=0x0000 rc=-22 dev=0x00 domain=0x0000",
                "zcrypt_req: type=ZSECSENDCPRB", "zcrypt_rep: fc=0x0000 rc=-22 dev=0x00 domain=0x0000"), trace());
    }

    @Test
    void aRequestThatNoQueueCanDoIsTriedAgainAfterAScan() throws ErrnoException {
        boot(TestLevel.LINUX_6_12);
        host.machine.adapter(6).change(spec -> spec.configured(false));
        host.machine.adapter(5).change(spec -> spec.configured(false));
        host.bus.scan();
        assertThrows(ErrnoException.class, () -> modularExponentiation(64));
        assertEquals(List.of("zcrypt_req: type=ICARSAMODEXPO", "zcrypt_rep: fc=0x0000 rc=-19 dev=0x00 domain=0x0000"),
                trace().subList(0, 2));
    }

    @Test
    void unloadingTakesTheEventsAndAllRecordsIfOneWasEverOn() throws ErrnoException {
        boot(TestLevel.LINUX_7_2);
        modularExponentiation(64);
        file("events/s390/enable").store("0");
        assertEquals(4, trace().size());
        ZcryptModule other = ZcryptModule.load(host.kernel, host.bus, Map.of());
        other.unload();
        assertEquals(4, trace().size(), "events that never were on");
        host.zcrypt.trace().remove();
        assertEquals(List.of(), trace());
        assertEquals("s390:s390_ap_dqap\ns390:s390_ap_nqap\n", file("available_events").show());
    }

    @Test
    void whatIsSwitchedOffOrRecordedByNobodyIsNotThere() throws ErrnoException {
        boot(TestLevel.LINUX_7_2);
        file("events/s390/s390_ap_nqap/enable").store("0");
        assertEquals("X\n", file("events/enable").show());
        file("tracing_on").store("0");
        modularExponentiation(64);
        assertEquals(List.of(), trace());
        file("tracing_on").store("1");
        modularExponentiation(64);
        assertEquals(3, trace().size());
        file("trace").store("anything");
        assertEquals(3, trace().size(), "a write does nothing");
        file("trace").truncate();
        assertEquals(List.of(), trace());
        file("set_event").truncate();
        assertEquals("0\n", file("events/enable").show());
    }
}

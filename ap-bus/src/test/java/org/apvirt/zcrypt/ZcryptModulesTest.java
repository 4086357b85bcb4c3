// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Modules that come and go, who is online, what waits, and what replies mean. */
class ZcryptModulesTest {
    private static final String QUEUE = "/devices/ap/card06/06.0004/online";
    private static final String CARD = "/devices/ap/card06/online";

    private final TestHost host = new TestHost(TestLevel.LINUX_6_12, machine -> machine
            .adapter(AdapterSpec.of(5, 11, AdapterMode.ACCELERATOR))
            .adapter(AdapterSpec.of(6, 11, AdapterMode.CCA).depth(1))
            .adapter(AdapterSpec.of(0x47, 11, AdapterMode.CCA).depth(1))
            .usageDomains(ApMask.of(4, 6))).withDrivers();

    @Test
    void aDriverModuleLetsQueuesGoThenCardsAndTellsThatItGoes() {
        host.cex4.unload();
        assertNull(host.driver("card06"));
        assertNull(host.driver("06.0004"));
        assertEquals(List.of("unbind@/devices/ap/card06/06.0006", "unbind@/devices/ap/card06/06.0004",
                "unbind@/devices/ap/card06", "remove@/module/zcrypt_cex4"),
                host.uevents.stream()
                        .filter(event -> event.startsWith("unbind@/devices/ap/card06") || event.contains("/module/"))
                        .toList());
    }

    @Test
    void aDriverModuleTellsThatItCameAfterItsCardsWereBound() throws ErrnoException {
        host.cex4.unload();
        host.settle();
        host.cex4 = ZcryptDriverModule.ZCRYPT_CEX4.load(host.bus, host.zcrypt);
        assertEquals("zcrypt_cex4", ZcryptDriverModule.ZCRYPT_CEX4.toString());
        assertEquals("add@/module/zcrypt_cex4", host.uevents.stream().filter(event -> event.contains("/module/"))
                .findFirst().orElse(null));
        assertEquals("cex4card", host.driver("card06"));
        assertEquals("cex4queue", host.driver("06.0004"));
    }

    @Test
    void unloadingZcryptTakesItsNodesAndItsClass() throws ErrnoException {
        host.write("/class/zcrypt/create", "mine");
        host.cex4.unload();
        host.settle();
        host.zcrypt.unload();
        assertNull(host.kernel.dev().child("mine"));
        List<String> told = host.uevents.stream().filter(event -> event.contains("zcrypt")).toList();
        assertEquals("remove@/devices/virtual/zcrypt/mine", told.get(0), told::toString);
        assertEquals(1, told.stream().filter("remove@/class/zcrypt"::equals).count(), told::toString);
    }

    /** 1 needs a card and a queue that can work; 0 is always taken. */
    @ParameterizedTest(name = "{0}: card {1}, queue {2}")
    @CsvSource({"as it was, 1, 1", "card offline, 1, EINVAL", "queue offline, 1, 1", "deconfigured, ENODEV, ENODEV",
            "checkstopped, ENODEV, ENODEV"})
    void onlineIsRefusedWhereNothingCanWork(String state, String card, String queue) throws ErrnoException {
        switch (state) {
            case "card offline" -> host.write(CARD, "0");
            case "queue offline" -> host.write(QUEUE, "0");
            case "deconfigured" -> host.machine.adapter(6).change(spec -> spec.configured(false));
            case "checkstopped" -> host.machine.adapter(6).change(spec -> spec.checkstopped(true));
            default -> {
            }
        }
        host.write("scans", "1");
        host.settle();
        assertEquals(queue, written(QUEUE, "1"));
        assertEquals(card, written(CARD, "1"));
        assertEquals("1", written(QUEUE, "0").replace("0", "1"));
        assertEquals(queue.equals("1") ? 2 : 1,
                host.uevents.stream().filter("change@/devices/ap/card06/06.0004"::equals).count()
                        - (state.equals("card offline") ? 1 : 0),
                host.uevents::toString);
        assertEquals("0", written(CARD, "0"));
    }

    private String written(String path, String value) {
        try {
            host.write(path, value);
            return value;
        } catch (ErrnoException e) {
            return e.errno().name();
        }
    }

    /** Sends a request for random numbers to a queue and waits for nothing. */
    private void post(int apid, int apqi) {
        CcaRequest.Block block = RandomRequest.block(apid);
        Cprbx.at(block.control(), 0).domain(apqi);
        try {
            CcaRequest request = new CcaRequest(host.zcrypt, AccessRights.ofHost(host.bus), block);
            host.zcrypt.dispatch().post(request, failure -> {});
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void requestsThatWaitAreCountedApartFromThoseAtWorkInTheDefaultDomainOnly() throws ErrnoException {
        for (int adapter : new int[]{6, 0x47}) {
            host.machine.adapter(adapter).change(spec -> spec.serviceTime(Duration.ofHours(2)));
        }
        ZcryptStatus status = new ZcryptStatus(host.zcrypt);
        assertEquals(List.of(0, 0), List.of(status.waiting(), status.pending()));
        for (int i = 0; i < 3; i++) {
            post(6, 4);
        }
        post(0x47, 4);
        post(6, 6);
        assertEquals(List.of(2, 2), List.of(status.waiting(), status.pending()));
        ByteBuffer depths = ByteBuffer.allocate(256);
        status.depths(depths, 256);
        assertEquals(List.of(3, 1), List.of((int) depths.get(6), (int) depths.get(0x47)));
        ByteBuffer old = ByteBuffer.allocate(256);
        status.depths(old, 64);
        assertEquals(List.of(3, 0), List.of((int) old.get(6), (int) old.get(0x47)));
        host.write(QUEUE, "0");
        assertEquals(List.of(0, 1), List.of(status.waiting(), status.pending()),
                "a queue that is switched off is flushed");
    }

    @Test
    void adaptersFrom64OnAreNotInTheOlderFormsOfTheStatus() {
        ZcryptStatus status = new ZcryptStatus(host.zcrypt);
        ByteBuffer words = ByteBuffer.allocate(4 * 0x10000);
        status.oldDevices(words);
        assertEquals(0x0b00_0000 | 0x0604 << 10 | 1 << 9 | 0xf2 >> 2 << 3, words.getInt(4 * 0x0604));
        assertEquals(0, words.getInt(4 * 0x4704));
        for (int cards : new int[]{64, 0x47, 0x48}) {
            ByteBuffer kinds = ByteBuffer.allocate(256);
            status.kinds(kinds, cards);
            assertEquals(cards == 0x48 ? kinds.get(6) : 0, kinds.get(0x47));
            assertEquals(7, kinds.get(6));
            ByteBuffer counts = ByteBuffer.allocate(1024);
            status.requestCounts(counts, cards);
            assertEquals(0, counts.getInt(4 * 0x47));
        }
    }

    @ParameterizedTest
    @CsvSource({"0082000010000000, true", "0082000020000000, true", "0088000090000000, true", "0086000010000000, true",
            "0080000010000000, false", "0087000010000000, false", "0082000000000000, false", "0082000011000000, false",
            "0082000010, false", "00, false", "'', false"})
    void aReplyThatSaysThatTheCardFailedSendsItElsewhere(String reply, boolean failed) {
        assertEquals(failed, ZcryptReply.saysCardFailed(HexFormat.of().parseHex(reply)));
    }

    /** What takes longer weighs more: the table of the kernel, two of each row. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"AB, LOW", "SP, LOW", "US, MEDIUM", "ZZ, MEDIUM", "AK, HIGH", "VG, HIGH", "38, LOW", "40, LOW",
            "3, MEDIUM", "41, MEDIUM", "17, HIGH", "35, HIGH"})
    void aRequestWeighsWhatItsVerbOrItsFunctionTakes(String verb, String weight) {
        int low = RequestWeight.ofCca("FQ");
        int expected = switch (weight) {
            case "LOW" -> low;
            case "MEDIUM" -> RequestWeight.ofCca("KW");
            default -> RequestWeight.ofCca("PG");
        };
        assertEquals(expected, verb.matches("[0-9]+")
                ? RequestWeight.ofEp11(Integer.parseInt(verb))
                : RequestWeight.ofCca(verb));
        assertTrue(0 < low && low < RequestWeight.ofCca("KW") && RequestWeight.ofCca("KW") < RequestWeight.ofCca("PG"));
    }

    @Test
    void theThresholdOfTheMemoryPoolIsAtLeastOneAndShown() throws ErrnoException {
        TestHost newer = new TestHost(TestLevel.LINUX_7_2, machine -> machine.usageDomains(ApMask.of(4)));
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                () -> ZcryptModule.load(newer.kernel, newer.bus, Map.of("mempool_threshold", 0))).errno());
        ZcryptModule.load(newer.kernel, newer.bus, Map.of("mempool_threshold", -1));
        assertEquals("4294967295\n", newer.read("/module/zcrypt/parameters/mempool_threshold"));
    }

    /** What is wrong with the request is EINVAL, all else may go better elsewhere. */
    @Test
    void codesOfErrorRepliesAreEinvalOrTriedAgain() {
        String invalid = IntStream.range(0, 256).filter(code -> ZcryptReply.refusal(HexFormat.of().parseHex(
                String.format("00820000%02x000000", code))).errno() == Errno.EINVAL).mapToObj(Integer::toHexString)
                .toList().toString();
        assertEquals("[22, 23, 24, 29, 34, 40, 41, 80, 82, 84, 85, 8a, 8b, a0]", invalid);
        assertNotNull(ZcryptReply.refusal(new byte[8]).getMessage());
    }
}

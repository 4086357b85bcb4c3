// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.host.Level;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Who boots a snapshot comes to the same machine: its snapshot is the same text. */
@Timeout(60)
class SnapshotTest {
    private static final String BUS = "/sys/bus/ap/";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    private static final List<String> UUIDS = List.of(new UUID(1, 1).toString(), new UUID(2, 2).toString());
    private static final int STEPS = 60;

    private Host host;
    private SimulatedMachine machine;
    private MachineFile file;
    private VirtualTime time;

    private void boot(String text) throws FileFormatException {
        file = MachineFile.parse(text, "m");
        time = new VirtualTime();
        machine = file.machine().build(time, true);
        host = file.boot(machine);
    }

    private String snapshot() {
        return file.snapshot(machine, host, Map.of());
    }

    private void assertComesBack() throws FileFormatException {
        String before = snapshot();
        boot(before);
        assertEquals(before, snapshot());
    }

    /** What the kernel refuses is no matter: it changes nothing. */
    private void attempt(String path, String text) {
        try {
            host.write(path, text);
        } catch (ErrnoException e) {
            assertTrue(e.errno().number() > 0);
        }
    }

    private void step(Random random) throws FileFormatException {
        int apid = random.nextInt(5, 8);
        int apqi = random.nextInt(4, 8);
        String queue = new Apqn(apid, apqi).toString();
        String uuid = UUIDS.get(random.nextInt(2));
        List<String> drivers = List.of("vfio_ap", "cex4queue");
        String driver = drivers.get(random.nextInt(2));
        switch (random.nextInt(16)) {
            case 0 -> attempt(BUS + "apmask", (random.nextBoolean() ? "+" : "-") + apid);
            case 1 -> attempt(BUS + "aqmask", (random.nextBoolean() ? "+" : "-") + apqi);
            case 2 -> attempt(BUS + "devices/" + queue + "/online", "" + random.nextInt(2));
            case 3 -> attempt(BUS + "devices/card0" + apid + "/online", "" + random.nextInt(2));
            case 4 -> attempt(BUS + "drivers/" + driver + "/unbind", queue);
            case 5 -> attempt(BUS + "drivers/" + driver + "/bind", queue);
            case 6 -> attempt(BUS + "devices/" + queue + "/driver_override", random.nextInt(3) == 0 ? "\n" : driver);
            case 7 -> attempt(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", uuid);
            case 8, 9 -> attempt(MATRIX + uuid + "/assign_adapter", "" + apid);
            case 10, 11 -> attempt(MATRIX + uuid + "/assign_domain", "" + apqi);
            case 12 -> attempt(MATRIX + uuid + "/assign_control_domain", "" + apqi);
            case 13 -> attempt(BUS + "config_time", "" + random.nextInt(5, 120));
            case 14 -> attempt(BUS + "ap_domain", "" + apqi);
            default -> change(random, apid, apqi);
        }
    }

    private void change(Random random, int apid, int apqi) {
        switch (random.nextInt(5)) {
            case 0 -> machine.adapter(apid).change(spec -> spec.configured(random.nextBoolean()));
            case 1 -> machine.adapter(apid).change(spec -> spec.checkstopped(random.nextBoolean()));
            case 2 -> machine.setUsageDomains(random.nextBoolean()
                    ? machine.usageDomains().with(apqi)
                    : machine.usageDomains().without(apqi));
            case 3 -> machine.adapter(5).cryptoDomain(apqi).change(MasterKeySet.AES,
                    random.nextBoolean() ? MasterKeyOperation.RANDOM : MasterKeyOperation.SET, new byte[0]);
            default -> machine.setResponse(new Apqn(apid, apqi), random.nextInt(3, 5)); // others make writers wait
        }
        attempt(BUS + "scans", "1");
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void whateverRootAndOperatorDid(Level level) throws Exception {
        for (int seed = 0; seed < 6; seed++) {
            Random random = new Random(seed);
            boot("level: " + level + "\nadapters: {5: CEX6C, 6: CEX6A, 7: CEX6P}\nusage-domains: [4, 5, 6]\n");
            List<String> refused = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
                step(random);
            }
            String before = snapshot();
            int number = seed;
            try {
                boot(before);
            } catch (FileFormatException e) {
                refused.add("seed " + number + ": " + e.getMessage() + "\n" + before);
            }
            assertEquals(List.of(), refused);
            assertEquals(before, snapshot(), () -> "seed " + number);
        }
    }

    /** The bus has not looked since: it still shows what is gone, the machine of the snapshot has it no more. */
    @ParameterizedTest
    @EnumSource(Level.class)
    void whatTheBusHasNotSeenGoIsLeftOut(Level level) throws Exception {
        boot("level: " + level + "\nadapters: {5: CEX6C, 6: CEX6A, 7: CEX6P}\nusage-domains: [4, 5, 6]\n"
                + "host: {attributes: {ap_domain: 6}, drivers: {05.0006: none, 07.0004: none}, offline: [card06, 05.0005],"
                + " counters: {card06: 3, 05.0006: 2, 05.0004: 1}}\n");
        assertComesBack();
        machine.removeAdapter(6);
        machine.setUsageDomains(machine.usageDomains().without(6));
        machine.adapter(7).change(spec -> spec.configured(false));
        String before = snapshot();
        assertFalse(before.contains("card06") || before.contains("05.0006"), before);
        assertTrue(before.contains("\"05.0004\": 1"), before);
        boot(before);
        assertEquals(before, snapshot());
    }

    @Test
    void keysComeBackWithTheirPatternsAlsoWhereOnlyThoseAreKnown() throws Exception {
        String pattern = "{pattern: \"0011223344556677\"}";
        boot("adapters: {5: {type: CEX6C, master-keys: {4: {aes: {new: {pattern: \"8899aabbccddeeff\"}, current: "
                + pattern + ", old: {pattern: \"0000000000000001\", valid: false}}, apka: {new: {part: \""
                + "ab".repeat(32) + "\"}, current: \"" + "cd".repeat(32) + "\"}}}}}\nusage-domains: [4]\n");
        assertTrue(snapshot().contains("current: " + pattern));
        assertTrue(snapshot().contains("{key: \"" + "cd".repeat(32) + "\", pattern: \""));
        assertComesBack();
    }

    @Test
    void aQueueThatIsBusyForGoodKeepsNobodyFromComingBack() throws Exception {
        boot("level: seed\nadapters: {5: CEX6C}\nusage-domains: [4]\n");
        host.write(BUS + "drivers/cex4queue/unbind", "05.0004");
        host.write(BUS + "drivers/vfio_ap/bind", "05.0004");
        machine.setResponse(new Apqn(5, 4), 5);
        assertComesBack();
    }

    @Test
    void aPatternThatIsNotThatOfTheKeyIsRefused() {
        String message = assertThrows(FileFormatException.class,
                () -> boot("adapters: {5: {type: CEX6C, master-keys: {4: {aes: {current: {key: \"" + "cd".repeat(32)
                        + "\", pattern: \"00\"}}}}}}"))
                .getMessage();
        assertTrue(message.endsWith("the pattern is not that of the key (leave it out: it follows from the key)"),
                message);
    }

    @Test
    void countersAndNodesComeBack() throws Exception {
        boot("level: linux-6.12\nadapters: {5: CEX6C}\nusage-domains: [4]\nhost: {counters: {05.0004: 7, card05: 9}}\n");
        host.write("/sys/class/zcrypt/create", "mine");
        host.write("/sys/devices/virtual/zcrypt/mine/apmask", "+5");
        assertEquals("7\n", host.read(BUS + "devices/05.0004/request_count"));
        assertComesBack();
        assertEquals("9\n", host.read(BUS + "devices/card05/request_count"));
    }

    @Test
    void faultsGoOnCountingWhereTheyWereAndTheBootDoesNotCount() throws Exception {
        boot("level: linux-6.12\nadapters: {5: CEX6C, 6: CEX6A}\nusage-domains: [4]\n");
        for (String fault : List.of(
                "{instruction: tapq, nth: 1, probability: 0.5, seed: 7, until: 60s, response: [0x05, 0x02]}",
                "{card: 6, instruction: nqap, nth: 1000, every: 1, response: 0x05}",
                "{attribute: card05/online, access: read, nth: 2, every: 2, errno: EIO}")) {
            PlannedFault.parse(fault, "f").inject(machine, host.kernel());
        }
        time.advanceMillis(5000);
        for (int i = 0; i < 3; i++) {
            drawn(List.of(new Apqn(5, 4), new Apqn(6, 4)));
            attempt();
        }
        String before = snapshot();
        assertTrue(before.contains("errno: EIO, counted: {seen: 3, hits: 1}}"), before);
        assertTrue(before.contains("response: 0x05, counted: {seen: {}, hits: 0}}"), before);
        assertTrue(before.contains(", age: 5000ms}"), before);
        List<Integer> next = drawn(List.of(new Apqn(6, 4), new Apqn(5, 4)));
        String after = snapshot();
        boot(before);
        assertEquals(before, snapshot());
        assertEquals(next, drawn(List.of(new Apqn(6, 4), new Apqn(5, 4))));
        assertEquals(after, snapshot());
        assertTrue(!file.describe(machine, List.of()).contains("counted"));
    }

    /** Issues twenty TAPQs on each queue, and returns their response codes. */
    private List<Integer> drawn(List<Apqn> queues) {
        ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            queues.forEach(queue -> codes.add(ApQueueStatus.responseCode(ap.tapq(queue))));
        }
        return codes;
    }

    private void attempt() {
        try {
            host.read(BUS + "devices/card05/online");
        } catch (ErrnoException e) {
            assertEquals(org.apvirt.device.Errno.EIO, e.errno());
        }
    }

    @Test
    void aMachineThatNobodyTouchedSaysOnlyItsMasks() throws Exception {
        boot("level: linux-6.12\nadapters: {6: CEX6A}\nusage-domains: [4]\n");
        String text = snapshot();
        assertEquals("""
                host:
                  attributes:
                    "ap_domain": "4"
                    "apmask": "MASK"
                    "aqmask": "MASK"
                    "config_time": "30"
                    "poll_thread": "0"
                    "poll_timeout": "250000"
                """.replace("MASK", "0x" + "f".repeat(64)), text.substring(text.indexOf("host:")));
        assertEquals(ApMask.of(6), machine.adapterMask());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "{drivers: {05.0004: vfio}} | m:4:1: the kernel refuses '05.0004' for /sys/bus/ap/drivers/vfio/bind: ENOENT",
            "{mdevs: {x: {}}} | m:4:16: 'x' is no UUID (write for example 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02)",
            "{offline: [5]} | m:4:18: '5' is no device of the AP bus (write for example card05 or 05.0004)",
            "{counters: {card09: 3}} | m:4:1: counters: the AP bus has no card09",
            "{attributes: {scans: 1}} | \"m:4:21: unknown attribute 'scans' (use one of: apmask, aqmask, ap_domain, config_time, poll_thread, poll_timeout)\""})
    void whatCannotBeSetUpIsNamedWithItsPlace(String setup, String message) {
        String problem = assertThrows(FileFormatException.class, () -> boot(
                "level: linux-6.12\nadapters: {5: CEX6C}\nusage-domains: [4]\nhost: " + setup + "\n")).getMessage();
        assertTrue(problem.startsWith(message), problem);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Random operations on a bus and on a model of it that shares no code with it. After each, the tree says of every queue
 * what the model says: whether it exists, who has it, whether it is configured.
 */
class BusPropertyTest {
    private static final int IDS = 6;
    private static final int STEPS = 400;
    private static final String HOST = "cex4queue";
    private static final String GUEST = "guest";

    /** What is known of one queue. */
    private static final class Queue {
        String driver;
        boolean configured;
        boolean checkstopped;
    }

    /** The machine and the bus as plain sets and maps. */
    private static final class Model {
        final TestLevel level;
        final TreeSet<Integer> adapters = new TreeSet<>();
        final TreeSet<Integer> domains = new TreeSet<>();
        final TreeSet<Integer> deconfigured = new TreeSet<>();
        final TreeSet<Integer> checkstopped = new TreeSet<>();
        final TreeSet<Integer> apmask = new TreeSet<>();
        final TreeSet<Integer> aqmask = new TreeSet<>();
        final TreeMap<String, Queue> queues = new TreeMap<>();

        Model(TestLevel level) {
            this.level = level;
            for (int id = 0; id < 256; id++) {
                apmask.add(id);
                aqmask.add(id);
            }
        }

        boolean reserved(String name) {
            return apmask.contains(Integer.parseInt(name.substring(0, 2), 16))
                    && aqmask.contains(Integer.parseInt(name.substring(3), 16));
        }

        String owner(String name) {
            return reserved(name) ? HOST : GUEST;
        }

        void scan() {
            TreeSet<String> wanted = new TreeSet<>();
            for (int adapter : adapters) {
                for (int domain : domains) {
                    String name = name(adapter, domain);
                    wanted.add(name);
                    Queue queue = queues.computeIfAbsent(name, absent -> {
                        Queue fresh = new Queue();
                        fresh.driver = owner(absent);
                        fresh.configured = !deconfigured.contains(adapter);
                        fresh.checkstopped = checkstopped.contains(adapter) && fresh.configured;
                        return fresh;
                    });
                    boolean config = !deconfigured.contains(adapter);
                    boolean checkstop = checkstopped.contains(adapter) && config; // one response code, not two
                    if (queue.checkstopped != checkstop) {
                        queue.checkstopped = checkstop;
                    } else {
                        queue.configured = config;
                    }
                }
            }
            queues.keySet().retainAll(wanted);
        }

        void mask(TreeSet<Integer> mask, boolean add, int first, int last) {
            Map<String, Boolean> before = new TreeMap<>();
            queues.keySet().forEach(name -> before.put(name, reserved(name)));
            boolean changed = false;
            for (int id = first; id <= last; id++) {
                changed |= add ? mask.add(id) : mask.remove(id);
            }
            if (!changed) {
                return;
            }
            queues.forEach((name, queue) -> {
                boolean now = reserved(name);
                boolean looksAtIt = level.has(ApQuirk.MASKS_RESERVE) || now != before.get(name);
                String seen = queue.driver != null
                        ? queue.driver
                        : level.has(ApQuirk.UNBOUND_COUNTS_AS_DEFAULT) ? HOST : GUEST;
                if (looksAtIt && !seen.equals(now ? HOST : GUEST)) {
                    queue.driver = owner(name);
                }
            });
        }

        String bind(String name, String driver) {
            Queue queue = queues.get(name);
            if (queue == null) {
                return "ENODEV";
            }
            if (queue.driver != null) {
                return "EBUSY";
            }
            if (level.has(ApQuirk.MASKS_RESERVE) && !owner(name).equals(driver)) {
                return "ENODEV";
            }
            queue.driver = driver;
            return "ok";
        }

        String unbind(String name, String driver) {
            Queue queue = queues.get(name);
            if (queue == null || !driver.equals(queue.driver)) {
                return "ENODEV";
            }
            queue.driver = null;
            return "ok";
        }
    }

    private static String name(int adapter, int domain) {
        return String.format("%02x.%04x", adapter, domain);
    }

    @ParameterizedTest
    @EnumSource(TestLevel.class)
    void randomOperationsLeaveEveryQueueWithTheOwnerThatTheModelHas(TestLevel level) throws ErrnoException {
        for (long seed = 1; seed <= 6; seed++) {
            run(level, seed);
        }
    }

    private void run(TestLevel level, long seed) throws ErrnoException {
        TestHost host = new TestHost(level, machine -> machine).withDrivers();
        host.bus.register(new GuestDriver());
        Model model = new Model(level);
        Random random = new Random(seed);
        List<String> history = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            history.add(step(random, host, model));
            host.time.advanceMillis(random.nextInt(50));
            String where = level + " seed " + seed + " after " + history.subList(Math.max(0, step - 5), step + 1);
            compare(host, model, where);
        }
        host.write("scans", "1");
        model.scan();
        compare(host, model, level + " seed " + seed + " at the end");
        assertTrue(host.instructions.size() > 20, "hardly anything happened");
    }

    private static String step(Random random, TestHost host, Model model) throws ErrnoException {
        int adapter = random.nextInt(IDS);
        int domain = random.nextInt(IDS);
        switch (random.nextInt(12)) {
            case 0 -> {
                if (model.adapters.add(adapter)) {
                    host.machine.addAdapter(AdapterSpec.of(adapter, 10 + adapter % 5,
                            adapter % 2 == 0 ? AdapterMode.ACCELERATOR : AdapterMode.EP11));
                    model.deconfigured.remove(adapter);
                    model.checkstopped.remove(adapter);
                } else if (random.nextInt(3) == 0) {
                    model.adapters.remove(adapter);
                    host.machine.removeAdapter(adapter);
                }
                return "plug adapter " + adapter;
            }
            case 1 -> {
                if (!model.domains.add(domain) && random.nextInt(3) == 0) {
                    model.domains.remove(domain);
                }
                host.machine.setUsageDomains(
                        ApMask.of(model.domains.stream().mapToInt(Integer::intValue).toArray()));
                return "plug domain " + domain;
            }
            case 2 -> {
                if (model.adapters.contains(adapter)) {
                    boolean off = toggle(model.deconfigured, adapter);
                    host.machine.adapter(adapter).change(spec -> spec.configured(!off));
                }
                return "config " + adapter;
            }
            case 3 -> {
                if (model.adapters.contains(adapter)) {
                    boolean stop = toggle(model.checkstopped, adapter);
                    host.machine.adapter(adapter).change(spec -> spec.checkstopped(stop));
                }
                return "checkstop " + adapter;
            }
            case 4, 5 -> {
                host.write("scans", "1");
                model.scan();
                return "scan";
            }
            case 6, 7, 8 -> {
                boolean adapters = random.nextBoolean();
                boolean add = random.nextBoolean();
                int last = Math.min(255, adapter + random.nextInt(4));
                String text = (add ? "+" : "-") + adapter + "-" + last;
                host.write(adapters ? "apmask" : "aqmask", text);
                model.mask(adapters ? model.apmask : model.aqmask, add, adapter, last);
                return (adapters ? "apmask " : "aqmask ") + text;
            }
            default -> {
                String driver = random.nextBoolean() ? HOST : GUEST;
                boolean bind = random.nextBoolean();
                String queue = name(adapter, domain);
                String expected = bind ? model.bind(queue, driver) : model.unbind(queue, driver);
                String answered = "ok";
                try {
                    host.write("/bus/ap/drivers/" + driver + (bind ? "/bind" : "/unbind"), queue);
                } catch (ErrnoException e) {
                    answered = e.errno().name();
                }
                assertEquals(expected, answered, (bind ? "bind " : "unbind ") + queue + ' ' + driver);
                return (bind ? "bind " : "unbind ") + queue + ' ' + driver + ' ' + answered;
            }
        }
    }

    private static boolean toggle(TreeSet<Integer> set, int id) {
        return set.add(id) || !set.remove(id);
    }

    private static void compare(TestHost host, Model model, String where) {
        TreeSet<String> listed = new TreeSet<>(
                ((SysfsDirectory) Objects.requireNonNull(host.node("/bus/ap/devices"))).names());
        listed.removeIf(name -> name.startsWith("card"));
        assertEquals(model.queues.keySet(), listed, where);
        int bound = 0;
        for (Map.Entry<String, Queue> entry : model.queues.entrySet()) {
            String name = entry.getKey();
            Queue queue = entry.getValue();
            String directory = TestHost.deviceDirectory(name);
            assertEquals(queue.driver, host.driver(name), () -> name + " " + where);
            assertEquals(queue.configured ? "1\n" : "0\n", host.read(directory + "/config"), () -> name + " " + where);
            assertEquals(queue.checkstopped ? "1\n" : "0\n", host.read(directory + "/chkstop"),
                    () -> name + " " + where);
            bound += queue.driver == null ? 0 : 1;
            for (String driver : List.of(HOST, GUEST)) {
                assertEquals(driver.equals(queue.driver), host.node("/bus/ap/drivers/" + driver + '/' + name) != null,
                        () -> "link of " + driver + " to " + name + ' ' + where);
            }
        }
        int all = model.queues.size();
        assertEquals(bound + "/" + all + (bound == all ? " (complete)\n" : "\n"), host.read("bindings"), where);
    }
}

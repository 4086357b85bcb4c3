// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

import org.apvirt.machine.MachineFile;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlClient;
import org.apvirt.running.http.ControlClient.Reply;
import org.apvirt.running.http.ControlServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Eight clients of the control plane at once: they look, plug, make things fail, ask for what then waits, cancel it, listen to
 * streams and go away in their midst. Afterwards heap, threads and open files are as before. {@code -Dcycles=40000} is the long
 * run, as with {@link HeapGrowthTest}.
 */
class ControlGrowthTest {
    private static final int CLIENTS = 8;
    private static final int CYCLES = Integer.getInteger("cycles", 600);
    private static final int WARM_UP = 800;
    /** What the three journals hold, so many entries each. */
    private static final Set<String> KEPT = Set.of("org.apvirt.running.Journal$Entry", "org.apvirt.running.Change",
            "org.apvirt.device.Uevent");
    private static final int MOST_KEPT = 3 * 4096 + 100;
    /** Of Jetty, one a client at the most, ours. They end when they have had nothing to do for a minute. */
    private static final int MOST_THREADS = ControlServer.MOST_CLIENTS + 8 + 4;
    private static final int SOME_FILES = 16;
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-%012x";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";

    @TempDir
    private Path directory;
    private final LongAdder done = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder waited = new LongAdder();
    private Path socket;

    /** What one client does, once. */
    private final class Client {
        private final int number;
        private final SplittableRandom random;
        private final String queue;

        Client(int number) {
            this.number = number;
            this.random = new SplittableRandom(number);
            this.queue = String.format("%02x.0004", number);
        }

        private Reply ask(String method, String target, String content) throws Exception {
            Reply reply = new ControlClient(socket, Duration.ofSeconds(60)).request(method, target, content);
            assertTrue(reply.status() < 500 || reply.status() == 503, () -> target + ": " + reply);
            (reply.status() >= 400 ? refused : reply.status() == 202 ? waited : done).increment();
            return reply;
        }

        private Reply write(String path, String text, String wait) throws Exception {
            return ask("PUT", "/v1/attributes?wait=" + wait,
                    "{\"path\": \"" + path + "\", \"text\": \"" + text + "\"}");
        }

        void act() throws Exception {
            switch (random.nextInt(8)) {
                case 0 -> ask("GET", "/v1/status", null);
                case 1 -> ask("GET", "/v1/attributes?path=/sys/devices/ap/card0" + number + "/type", null);
                case 2 -> {
                    ask("POST", "/v1/cards", "{\"apid\": " + (32 + number) + ", \"type\": \"CEX8P\"}");
                    ask("POST", "/v1/scans?wait=0.05", null);
                    ask("DELETE", "/v1/cards/" + (32 + number), null);
                }
                case 3 -> ask("POST", "/v1/cards", "{\"apid\": \"nonsense\"}");
                case 4, 5 -> waitsAndIsFreed(random.nextBoolean());
                case 6 -> listens("/v1/" + List.of("log", "uevents", "changes").get(random.nextInt(3))
                        + "/stream?after=0", 1 + random.nextInt(20));
                default -> write("/sys/bus/ap/apmask", random.nextBoolean() ? "-0x40" : "+0x40", "0.05");
            }
        }

        /** The removal of a device waits for the reset of its queue. */
        private void waitsAndIsFreed(boolean cancelled) throws Exception {
            String uuid = String.format(UUID, number);
            write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", uuid, "10");
            write(MATRIX + uuid + "/assign_adapter", Integer.toString(number), "10");
            write(MATRIX + uuid + "/assign_domain", "4", "10");
            ask("PUT", "/v1/faults/" + queue, "{\"response\": 2}");
            Reply waiting = write(MATRIX + uuid + "/remove", "1", "0.01");
            if (cancelled && waiting.status() == 202) {
                ask("DELETE", "/v1/jobs/" + waiting.content().replaceAll("(?s).*?\"id\":([0-9]+).*", "$1") + "?wait=0",
                        null);
            }
            ask("DELETE", "/v1/faults/" + queue, null);
            // A device that a job still removes is not there any more for anybody else: refused.
            while (ask("GET", "/v1/attributes?path=" + MATRIX + uuid, null).status() == 200) {
                write(MATRIX + uuid + "/remove", "1", "1");
            }
        }

        private void listens(String target, int lines) throws Exception {
            int[] left = {lines};
            new ControlClient(socket, Duration.ofSeconds(60)).stream(target, line -> --left[0] > 0);
            done.increment();
        }
    }

    private void run(int cycles) throws Exception {
        List<Callable<Void>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Client client = new Client(i);
            clients.add(() -> {
                for (int cycle = 0; cycle < cycles / CLIENTS; cycle++) {
                    client.act();
                }
                return null;
            });
        }
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
        try {
            for (Future<Void> client : pool.invokeAll(clients)) {
                client.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("apvirt-") || name.startsWith("job ")).sorted().toList();
    }

    private static int files() {
        return new File("/proc/self/fd").list().length;
    }

    /** Waits until jobs are over and streams have noticed that nobody listens any more. */
    private static void awaitQuiet(RunningMachine running, int files) throws InterruptedException {
        for (int i = 0; i < 600 && (running.jobs().running() > 0 || files() > files); i++) {
            Thread.sleep(50);
        }
    }

    @Test
    @Timeout(3600)
    void eightClientsLeaveTheServerAsItWas() throws Exception {
        RunningMachine running = RunningMachine.boot(MachineFile.parse("""
                level: linux-6.12
                adapters: {0: CEX5C, 1: CEX5C, 2: CEX6C, 3: CEX6P, 4: CEX7A, 5: CEX7C, 6: CEX8P, 7: CEX8C}
                usage-domains: [4]
                """, "test"), "test.yaml");
        running.control().write("/sys/bus/ap/apmask", "0x0");
        try (ControlServer server = ControlServer.open(directory.resolve("control.sock"), running, "test")) {
            socket = server.path();
            int files = files() + SOME_FILES;
            run(WARM_UP);
            awaitQuiet(running, files);
            HeapGrowthTest.Heap before = HeapGrowthTest.Heap.now();
            long start = System.nanoTime();

            run(CYCLES);

            awaitQuiet(running, files);
            HeapGrowthTest.Heap after = HeapGrowthTest.Heap.now();
            Map<String, Long> more = after.more(before, CYCLES / 4);
            more.keySet().removeAll(KEPT); // until the journals are full
            KEPT.forEach(name -> assertTrue(after.objects().getOrDefault(name, 0L) <= MOST_KEPT, after::toString));
            long bytes = after.bytes() - before.bytes();
            System.out.printf(
                    "control soak: %d cycles in %d s; answers: %d done, %d waiting, %d refused; threads %d; files"
                            + " %d, before %d; more bytes: %d%n",
                    CYCLES, (System.nanoTime() - start) / 1_000_000_000,
                    done.sum(), waited.sum(), refused.sum(), threads().size(), files(), files - SOME_FILES, bytes);
            assertEquals(Map.of(), more);
            assertTrue(bytes < MOST_KEPT * 500L, () -> bytes + " bytes more: " + after.larger(before));
            assertTrue(threads().size() <= MOST_THREADS, () -> threads().toString());
            assertTrue(files() <= files, () -> files() + " files, before " + (files - SOME_FILES));
            assertEquals(0, running.jobs().running());
            assertTrue(waited.sum() > CYCLES / 50, waited + " requests had to wait");
        }
    }
}

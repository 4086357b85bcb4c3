// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How {@code apvirt qemu} ends, and what it leaves. */
@Timeout(120)
class QemuCommandIT {
    @TempDir
    private Path directory;
    private Path machine;
    private Path runtime;
    private Path image;

    @BeforeEach
    void writeMachine() throws Exception {
        Programs.require("qemu.required", Programs.isInstalled("qemu-system-s390x"),
                "qemu-system-s390x is missing: apt-get install qemu-system-misc");
        image = StockGuest.image("trixie");
        machine = Files.writeString(directory.resolve("machine.yaml"), "adapters: {5: CEX5C}\nusage-domains: [4]\n");
        runtime = Files.createDirectory(directory.resolve("run"));
    }

    private ApvirtProcess start(String name, String... arguments) throws IOException {
        return new ApvirtProcess(directory.resolve(name), Map.of("XDG_RUNTIME_DIR", runtime.toString()), arguments);
    }

    private ApvirtProcess qemu(String name, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("qemu", machine.toString()));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--", "-M", "s390-ccw-virtio", "-cpu", "max", "-m", "512M", "-display", "none",
                "-serial", "null", "-monitor", "none", "-kernel", image.resolve("vmlinuz").toString(), "-append",
                "root=/dev/none rootwait")); // so it boots and waits for ever
        return start(name, arguments.toArray(String[]::new));
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.walk(runtime, 2)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("qemu-") || name.endsWith(".sock")).toList();
        }
    }

    private List<ProcessHandle> qemus() {
        return Programs.processes(runtime.toString());
    }

    private void awaitNoQemu() throws InterruptedException {
        for (int i = 0; i < 200 && !qemus().isEmpty(); i++) {
            Thread.sleep(20);
        }
        assertEquals(List.of(), qemus());
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    void aSignalEndsQemuAndItsDirectoryGoes(String signal, int status) throws Exception {
        try (ApvirtProcess apvirt = qemu("said")) {
            apvirt.await("attached");
            assertEquals(1, qemus().size());
            apvirt.signal(signal);
            assertEquals(status, apvirt.awaitEnd(), apvirt.said());
            awaitNoQemu();
            assertEquals(List.of(), left());
            // QEMU says by itself that it was told to end.
            assertTrue(apvirt.said().matches("(?:apvirt: .*\n|qemu-system-s390x: terminating on signal 15 .*\n)*"),
                    apvirt.said());
        }
    }

    /** Ctrl-C, which reaches everything that the terminal started; then somebody else starts one meanwhile. */
    @Test
    void withLeaveRunningItRunsOnAndIsReachedAndEndedAsWasSaid() throws Exception {
        String socket;
        String pid;
        try (ApvirtProcess apvirt = qemu("said", "--leave-running")) {
            apvirt.await("attached");
            apvirt.signalFromTerminal("INT");
            assertEquals(130, apvirt.awaitEnd(), apvirt.said());
            pid = apvirt.await("QEMU runs on as process ([0-9]+);");
            socket = apvirt.await("attach again with: apvirt attach " + machine + " --gdb (\\S+);");
            apvirt.await("end it with: kill " + pid + "\n");
        }
        assertEquals(List.of(Long.parseLong(pid)), qemus().stream().map(ProcessHandle::pid).toList());
        try (ApvirtProcess other = qemu("other")) {
            other.await("attached");
            other.signal("TERM");
            other.awaitEnd();
        }
        try (ApvirtProcess again = start("again", "attach", machine.toString(), "--gdb", socket)) {
            again.await("attached");
            again.signal("TERM");
            assertEquals(143, again.awaitEnd(), again.said());
            again.await("the guest runs on");
        }
        assertEquals(0, new ProcessBuilder("kill", pid).start().waitFor());
        awaitNoQemu();
        try (ApvirtProcess next = qemu("next")) {
            next.await("attached");
            assertEquals(1, left().stream().filter(name -> name.startsWith("qemu-")).count(), left()::toString);
            assertFalse(Files.exists(Path.of(socket)), socket);
            next.signal("TERM");
            next.awaitEnd();
        }
        assertEquals(List.of(), left());
    }

    @Test
    void aQemuThatRefusesItsArgumentsLeavesNothingEvenWithLeaveRunning() throws Exception {
        try (ApvirtProcess apvirt = start("said", "qemu", machine.toString(), "--leave-running", "--", "-foo")) {
            assertEquals(1, apvirt.awaitEnd());
            assertTrue(apvirt.said().contains("invalid option"), apvirt.said());
        }
        assertEquals(List.of(), left());
        awaitNoQemu();
    }
}

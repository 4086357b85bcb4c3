// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Signals to programs that wait in a read or write of a real mount: what each kind of wait in Linux makes of them. */
@Timeout(30)
class SignalsIT {
    @TempDir
    Path directory;
    private final TinyTree tree = new TinyTree();
    private SysfsMount mount;
    private Process program;

    @BeforeAll
    static void needsFuse() {
        if (!Boolean.getBoolean("fuse.required")) {
            assumeTrue(Files.isWritable(Path.of("/dev/fuse")) && LinuxCalls.geteuid() == 0,
                    "needs /dev/fuse and root; run with -Dfuse.required=true to insist");
        }
    }

    @BeforeEach
    void mounted() throws IOException {
        mount = SysfsMount.mount(tree.root, directory);
        tree.busy.lock(); // by a thread that is none of the mount's
    }

    @AfterEach
    void unmounted() throws Exception {
        free();
        tree.mayFinish.countDown();
        if (program != null) {
            program.destroyForcibly().waitFor();
        }
        mount.close();
    }

    private void free() {
        if (tree.busy.isHeldByCurrentThread()) {
            tree.busy.unlock();
        }
    }

    /** Starts bash in the directory of the box, and returns when the attribute that it uses is waiting. */
    private void start(String script) throws Exception {
        int before = tree.attempts.get();
        program = new ProcessBuilder("bash", "-c", script).redirectErrorStream(true)
                .directory(directory.resolve("sys/devices/toy/box").toFile()).start();
        await(before + 1);
    }

    private void await(int attempts) throws Exception {
        while (tree.attempts.get() < attempts && tree.waiting.getCount() > 0 && program.isAlive()) {
            Thread.sleep(1);
        }
        Thread.sleep(30); // into the wait itself
    }

    private void kill(String signal) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(program.pid())).start().waitFor());
    }

    private void assertEnds(int status, String said) throws Exception {
        String all = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(program.waitFor(10, TimeUnit.SECONDS));
        assertEquals(said, all);
        assertEquals(status, program.exitValue());
    }

    private void assertStaysFor(long millis) throws Exception {
        assertFalse(program.waitFor(millis, TimeUnit.MILLISECONDS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"interruptible", "killable"})
    void aFatalSignalEndsTheWriterAndNothingIsDone(String attribute) throws Exception {
        start("echo x >" + attribute);
        kill("TERM");
        assertEnds(128 + 15, "");
        free();
        assertEquals(List.of(), tree.stored);
        assertEquals(0, new ProcessBuilder("bash", "-c", "echo y >" + attribute)
                .directory(directory.resolve("sys/devices/toy/box").toFile()).start().waitFor());
        assertEquals(List.of("y\n"), tree.stored);
    }

    @Test
    void aReaderThatWaitsTooLongCanBeTimedOut() throws Exception {
        start("exec timeout 0.3 cat interruptible");
        assertEnds(124, "");
    }

    @Test
    void aHandlerRunsAndTheCallIsEintr() throws Exception {
        start("trap 'echo caught' USR1; echo x >interruptible");
        kill("USR1");
        assertEnds(1, "bash: line 1: echo: write error: Interrupted system call\ncaught\n");
        assertEquals(List.of(), tree.stored);
    }

    @Test
    void aCallThatTheProgramRepeatsIsAnotherCall() throws Exception {
        start("exec python3 -c 'import os, signal; signal.signal(signal.SIGUSR1, lambda *a: print(\"caught\", flush=True));"
                + " print(os.write(os.open(\"interruptible\", os.O_WRONLY), b\"x\"))'");
        kill("USR1");
        await(2);
        free();
        assertEnds(0, "caught\n1\n");
        assertEquals(List.of("x"), tree.stored);
    }

    @Test
    void aSignalWithAHandlerDoesNotEndAKillableWaitAndALaterFatalOneDoes() throws Exception {
        start("trap 'echo caught' USR1; echo x >killable");
        kill("USR1");
        assertStaysFor(100);
        kill("KILL"); // the kernel does not tell of a second signal
        assertEnds(128 + 9, "");
        assertEquals(List.of(), tree.stored);
    }

    @Test
    void aStoppedAndContinuedWriterHasNotNoticed() throws Exception {
        start("echo x >interruptible");
        kill("STOP");
        kill("CONT");
        assertStaysFor(100);
        free();
        assertEnds(0, "");
        assertEquals(List.of("x\n"), tree.stored);
        assertEquals(1, tree.attempts.get());
    }

    @Test
    void anUninterruptibleWaitEndsForNobodyAndIsDoneToItsEnd() throws Exception {
        start("echo x >wait");
        kill("KILL");
        assertStaysFor(100);
        tree.mayFinish.countDown();
        assertEnds(128 + 9, "");
        assertEquals(List.of("x\n"), tree.stored);
    }

    @Test
    void theSignalOfOneCallDoesNotReachTheNextOfItsThread() throws Exception {
        for (int i = 0; i < 20; i++) {
            start("exec cat interruptible");
            kill("KILL");
            assertEnds(128 + 9, "");
        }
        start("cat value");
        assertEnds(0, "first\n");
    }

    @Test
    void theAttributeKnowsTheProgramThatUsesIt() throws Exception {
        free();
        start("exec cat interruptible");
        assertEnds(0, "cat\n");
    }
}

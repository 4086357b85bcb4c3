// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.record.Recorder;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecordCommandTest {
    @TempDir
    private Path directory;

    private String scenario;
    private String kernel;

    @BeforeEach
    void write() throws IOException {
        scenario = Files.writeString(directory.resolve("s.yaml"), "hardware: {}\nsteps: []\n").toString();
        kernel = Files.writeString(directory.resolve("vmlinuz"), "no kernel").toString();
    }

    private static String refused(int status, String... words) {
        StringWriter err = new StringWriter();
        String[] all = new String[words.length + 1];
        all[0] = "record";
        System.arraycopy(words, 0, all, 1, words.length);
        assertEquals(status, Apvirt.commandLine().setErr(new PrintWriter(err)).execute(all), err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
        return err.toString().strip();
    }

    private static void needTheProcessInside() {
        Assumptions.assumeTrue(Recorder.class.getResource("agent-linux-s390x") != null,
                "built without the cross compiler");
    }

    @Test
    void aScenarioThatIsWrongIsToldByLineBeforeAnythingStarts() throws IOException {
        Path wrong = Files.writeString(directory.resolve("wrong.yaml"), "hardware: {}\nsteps:\n- {op: jump}\n");

        assertTrue(refused(2, "--kernel", kernel, wrong.toString())
                .startsWith("apvirt record: " + wrong + ":3:8: unknown op 'jump' (use one of: write,"));
    }

    @Test
    void aFileThatIsNotThereIsNamedWithItsOption() {
        needTheProcessInside();
        String none = directory.resolve("none").toString();

        assertEquals("apvirt record: " + none + ": cannot be read (--kernel names an existing file)",
                refused(1, "--kernel", none, scenario));
        assertEquals("apvirt record: " + none + ": cannot be read (--initrd names an existing file)",
                refused(1, "--kernel", kernel, "--initrd", none, scenario));
        assertEquals("apvirt record: " + none + ": no such directory of kernel modules (name for example"
                + " /lib/modules/6.12.0, or leave --modules out if the initramfs has them)",
                refused(1, "--kernel", kernel, "--modules", none, scenario));
    }

    @Test
    void anOutputThatCannotBeWrittenIsNamedBeforeTheGuestStarts() {
        String nowhere = directory.resolve("none/out.json").toString();

        assertEquals("apvirt record: " + nowhere + ": its directory does not exist or cannot be written",
                refused(1, "--kernel", kernel, "-o", nowhere, scenario));
    }

    @Test
    void theExampleIsAScenario() throws Exception {
        assertEquals(9, org.apvirt.replay.Scenario.read(Path.of("../examples/record.yaml")).steps().size());
    }

    @Test
    void aProgramThatIsNotThereIsNamedWithTheRemedy() {
        needTheProcessInside();

        assertEquals("apvirt record: /no/qemu: cannot be started (apt-get install qemu-system-misc, or name it with"
                + " --qemu)", refused(1, "--kernel", kernel, "--qemu", "/no/qemu", scenario));
    }

    @Test
    void aQemuThatEndsAtOnceIsToldWithWhatItPrinted() throws IOException {
        needTheProcessInside();
        Path qemu = directory.resolve("qemu");
        Files.writeString(qemu, "#!/bin/sh\necho no such machine\nexit 3\n");
        Files.setPosixFilePermissions(qemu, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));

        assertEquals("apvirt record: " + qemu + " ended with status 3; it printed: no such machine",
                refused(1, "--kernel", kernel, "--qemu", qemu.toString(), scenario));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NativeLibraryTest {
    @Test
    void itIsInTheJarForThisMachine() {
        assertNull(NativeLibrary.failure());
    }

    @Test
    void itsFileIsGoneOnceItIsLoaded() throws IOException {
        NativeLibrary.nothing(0);
        List<String> mapped = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("/libapvirt.so")).toList();
        assertFalse(mapped.isEmpty());
        for (String line : mapped) {
            Path file = Path.of(line.substring(line.indexOf('/')).replace(" (deleted)", ""));
            assertFalse(Files.exists(file.getParent()), line);
        }
    }

    @Test
    void aBufferOnTheHeapHasNoAddress() {
        assertEquals(0, NativeLibrary.address(ByteBuffer.allocate(8)));
    }

    @Test
    @DisabledIfSystemProperty(named = "os.arch", matches = "s390x", disabledReason = "run by S390xIT, emulated")
    void theCheckProgramOfTheSameSourcesPasses() throws IOException, InterruptedException {
        Path program = Path.of("target/check/check-" + NativeLibrary.platform()).toAbsolutePath();
        Path output = Files.createTempFile("check", ".txt");
        Process process = new ProcessBuilder(program.toString()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();

        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), () -> read(output));
        Files.delete(output);
    }

    @ParameterizedTest
    @CsvSource({"'', make, make", "make, gcc, gcc libc6-dev"})
    @DisabledIfSystemProperty(named = "os.arch", matches = "s390x", disabledReason = "about the machine that builds")
    void whereAToolIsMissingTheBuildSaysInOneLineWhatToInstall(String present, String missing, String packages,
            @TempDir Path tools) throws IOException, InterruptedException {
        for (String tool : ("dirname " + present).strip().split(" ")) {
            Path script = Files.writeString(tools.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
            assertTrue(script.toFile().setExecutable(true));
        }
        ProcessBuilder build = new ProcessBuilder("/bin/sh", "src/main/c/build")
                .redirectErrorStream(true);
        build.environment().put("PATH", tools.toString());
        Process process = build.start();
        String said = new String(process.getInputStream().readAllBytes(), US_ASCII);

        assertEquals(1, process.waitFor());
        assertEquals(
                "native: " + missing + " is missing, which the JNI library is built with; on Debian: apt-get install "
                        + packages + "\n",
                said);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}

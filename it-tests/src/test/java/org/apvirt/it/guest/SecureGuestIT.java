// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A stock kernel that believes itself a Secure Execution guest, with cards. One boot shows all. */
class SecureGuestIT {
    private static final String DOCUMENT = "docs/secure-guests.md";
    private static final String SUITE = "trixie";
    private static final String ID = "0123456789abcdef".repeat(4);
    /** Before what the document shows, and after it. */
    private static final String BEFORE = """
            insmod /modules/uvdevice.ko.xz
            insmod /modules/virtio_blk.ko.xz
            echo "disk: $(head -c 12 /dev/vda)"
            echo "unbound: $(rsa me 64 3 5 MODULUS 2>&1)"
            echo "info: $(uv info)"
            uv list | sed 's/^/first: /'
            echo "real: $(uv real)"
            echo "add: $(uv add SECRET_ID)"
            uv list | sed 's/^/then: /'
            echo "lock: $(uv lock) $(uv lock)"
            echo "locked: $(uv add SECRET_ID)"
            echo "the document"
            """;
    private static final String AFTER = """
            echo "bound: $(rsa me 64 3 5 MODULUS 2>&1)"
            """;

    @TempDir
    private Path temporary;

    private static List<String> block(String text, String after, String kind) {
        Matcher block = Pattern.compile(Pattern.quote(after) + ".*?```" + kind + "\n(.*?)```", Pattern.DOTALL)
                .matcher(text);
        assertTrue(block.find(), after);
        return block.group(1).lines().map(String::stripTrailing).toList();
    }

    private static byte[] module(Path modules, String name) throws IOException {
        try (Stream<Path> files = Files.walk(modules)) {
            return Files.readAllBytes(files.filter(file -> file.endsWith(name)).findFirst().orElseThrow());
        }
    }

    private Path initrd(List<String> commands) throws Exception {
        Programs.Output modules = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-modules").toString(), SUITE));
        Programs.require("qemu.required", modules.status() == 0, modules.text());
        Path directory = Path.of(modules.lastLine());
        StringBuilder script = new StringBuilder(BEFORE);
        for (String command : commands) {
            script.append("echo '# ").append(command).append("'\n").append(command).append(" 2>&1\n");
        }
        script.append(AFTER);
        return new StockGuest.Recipe(SUITE).file("modules/uvdevice.ko.xz", module(directory, "uvdevice.ko.xz"))
                .file("modules/virtio_blk.ko.xz", module(directory, "virtio_blk.ko.xz"))
                .program("bin/uv", StockGuest.program("uv", temporary))
                .program("bin/rsa", StockGuest.program("rsa", temporary))
                .script(script.toString().replace("MODULUS", "f".repeat(128)).replace("SECRET_ID", ID))
                .initrd(temporary.resolve("initrd"));
    }

    private static String line(String console, String label) {
        Matcher line = Pattern.compile("(?m)^" + label + ": (.*)").matcher(console);
        assertTrue(line.find(), () -> label + " is missing in " + console);
        return line.group(1).strip();
    }

    @Test
    @Timeout(300)
    void aStockKernelBindsAndAssociatesAQueueAsTheDocumentShows() throws Exception {
        String text = Files.readString(Programs.ROOT.resolve(DOCUMENT));
        Path machine = Files.write(temporary.resolve("secure.yaml"), block(text, "## Try it", "yaml"));
        List<String> shown = block(text, "## What the kernel shows", "");
        List<String> commands = shown.stream().filter(it -> it.startsWith("# ")).map(it -> it.substring(2)).toList();
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("qemu-system-s390x"), Programs.newestQemu());
        Path disk = Files.writeString(temporary.resolve("disk"), "sees a disk." + "\0".repeat(500));
        Path initrd = initrd(commands);
        List<String> words = new ArrayList<>(List.of("qemu", "--secure", machine.toString(), "--", "-M",
                "s390-ccw-virtio", "-cpu", "max", "-m", "1G", "-nographic", "-monitor", "none", "-serial", "stdio",
                "-no-reboot", "-kernel", StockGuest.image(SUITE).resolve("vmlinuz").toString(), "-initrd",
                initrd.toString(), "-append", "console=ttysclp0 quiet", "-drive",
                "if=virtio,format=raw,file=" + disk));
        try (ApvirtProcess apvirt = new ApvirtProcess(temporary.resolve("said"),
                Map.of("PATH", bin + ":" + System.getenv("PATH")), words.toArray(String[]::new))) {
            apvirt.await("init: (?:started|done)");
            apvirt.await("init: done");
            apvirt.awaitEnd();
            String console = apvirt.said().replace("\r", "");
            assertEquals(String.join("\n", shown),
                    String.join("\n", console.substring(console.indexOf("# "), console.indexOf("\nbound: ")).lines()
                            .map(String::stripTrailing).toList()));
            assertEquals("sees a disk.", line(console, "disk"));
            assertEquals("error No such device", line(console, "unbound"));
            assertEquals("result " + "0".repeat(126) + "f3", line(console, "bound")); // 3 to the power of 5
            assertEquals("1f 1c", line(console, "info")); // Linux 6.12: all but attestation
            assertEquals("0 type 2 54d00d867758cef816bc4685f58e327b949712b07ebd17c3485f3ffc9e9f5133",
                    line(console, "first"));
            assertEquals("0108", line(console, "real")); // nobody here can decrypt it
            assertEquals("0001", line(console, "add"));
            assertTrue(console.contains("\nthen: 2 type 2 " + ID + "\n"), console);
            assertEquals("0001 0102", line(console, "lock"));
            assertEquals("0102", line(console, "locked"));
        }
    }
}

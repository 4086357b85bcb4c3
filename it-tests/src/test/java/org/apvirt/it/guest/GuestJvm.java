// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.it.Programs;

/** The s390x JVM with its libraries as the directory {@code jvm} of a guest, and our classes beside it. */
final class GuestJvm {
    /** Shell function {@code java} of a guest's script; what is added to the class path lies in {@code /app}. */
    static final String FUNCTION = """
            mount -o bind /dev /jvm/dev; mount -o bind /proc /jvm/proc
            java() {
                chroot /jvm /jdk/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto \
                    --enable-native-access=ALL-UNNAMED -cp "/app/*:/app/native:/app/ap-arch:/app/device-model:/app/ap-bus:/app/test" "$@"
            }
            """;

    private GuestJvm() {}

    /**
     * Writes the archive.
     *
     * @param more further files below {@code /app}, by name
     */
    static void write(Path archive, Map<String, Path> more) throws IOException, InterruptedException {
        Programs.Output java = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-jvm").toString()));
        Programs.require("qemu.required", java.status() == 0, java.text());
        Path root = Path.of(java.lastLine()).resolveSibling("root");
        Path jdk;
        try (Stream<Path> found = Files.list(root.resolve("usr/lib/jvm"))) {
            jdk = found.filter(Files::isDirectory).findFirst().orElseThrow();
        }
        try (Cpio cpio = new Cpio(Files.newOutputStream(archive))) {
            cpio.directories("jvm", "jvm/dev", "jvm/proc", "jvm/tmp", "jvm/app", "jvm/jdk", "jvm/lib", "jvm/jdk/lib",
                    "jvm/jdk/lib/server");
            for (String library : List.of("ld64.so.1", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6",
                    "libpthread.so.0", "librt.so.1", "libstdc++.so.6", "libz.so.1")) {
                cpio.tree("jvm/lib/" + library, root.resolve("usr/lib/s390x-linux-gnu").resolve(library));
            }
            cpio.tree("jvm/jdk/bin", jdk.resolve("bin"));
            cpio.tree("jvm/jdk/conf", jdk.resolve("conf"));
            for (String file : List.of("modules", "jvm.cfg", "libjava.so", "libjimage.so", "libjli.so", "libnet.so",
                    "libnio.so", "libverify.so", "libzip.so", "tzdb.dat", "server/libjvm.so", "server/classes.jsa")) {
                cpio.tree("jvm/jdk/lib/" + file, jdk.resolve("lib").resolve(file));
            }
            for (String module : List.of("native", "ap-arch", "device-model", "ap-bus")) {
                cpio.tree("jvm/app/" + module, Programs.ROOT.resolve(module).resolve("target/classes"));
            }
            cpio.tree("jvm/app/test", Programs.ROOT.resolve("it-tests/target/test-classes"));
            for (Map.Entry<String, Path> file : more.entrySet()) {
                cpio.tree("jvm/app/" + file.getKey(), file.getValue());
            }
        }
    }
}

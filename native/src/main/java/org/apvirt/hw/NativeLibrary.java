// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The C library of this module: every crossing into C is a method of this class, and nothing else is. Memory belongs to
 * the callers; an address is that of a direct buffer which the caller keeps reachable.
 *
 * <p>The library lies in the jar, one per architecture, and is loaded when it is first needed. That it cannot be loaded
 * is a value, not an error: {@link #failure()}.
 */
final class NativeLibrary {
    private static final @Nullable String FAILURE = load();

    private NativeLibrary() {}

    /** Returns in one line why the library cannot be used, null if it is loaded. */
    static @Nullable String failure() {
        return FAILURE;
    }

    /** {@code int ap_probe(void)}: the ordinal of a {@link HardwareProbe.Reason}. */
    static native int probe();

    /** {@code int ap_issue(int opcode, struct ap_regs *regs)}: guarded against SIGILL. */
    static native int issue(int opcode, long regs);

    /** {@code int ap_helper_open(void)}: a file descriptor of the kernel helper, or -errno. */
    static native int helperOpen();

    /** {@code int ap_helper_issue(int fd, int opcode, struct ap_regs *regs)}: as {@link #issue}, or -errno. */
    static native int helperIssue(int fd, int opcode, long regs);

    /** {@code void ap_stfle(uint64_t *list, unsigned int doublewords)}; does nothing on another architecture. */
    static native void stfle(long list, int doublewords);

    /** {@code void *GetDirectBufferAddress(JNIEnv *env, jobject buffer)}: 0 if the buffer is not a direct one. */
    static native long address(ByteBuffer buffer);

    /** {@code int ap_layout(char *text, int size)}: lines "name=number". */
    static native String layout();

    /** {@code jint nothing(jint number)}: returns the number; what it costs is the crossing. */
    static native int nothing(int number);

    /** Returns the name of this machine's directory in the jar, for example {@code linux-x86_64}. */
    static String platform() {
        String os = System.getProperty("os.name", "unknown").toLowerCase(Locale.ROOT);
        String architecture = System.getProperty("os.arch", "unknown");
        return os + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
    }

    private static @Nullable String load() {
        String name = platform() + "/libapvirt.so";
        try (InputStream library = NativeLibrary.class.getResourceAsStream(name)) {
            if (library == null) {
                return "no library for " + platform() + " in this jar";
            }
            loadFrom(library);
            return null;
        } catch (IOException | UnsatisfiedLinkError e) {
            return "the library " + name + " cannot be loaded, " + e.getMessage()
                    + "; if the directory for temporary files forbids execution, set -Djava.io.tmpdir to another";
        }
    }

    /** A directory of our own, so that nobody can put another file in place of ours; nothing of it stays behind. */
    @SuppressWarnings("restricted") // the library is ours and comes from the same jar as this class
    private static void loadFrom(InputStream library) throws IOException {
        Path directory = Files.createTempDirectory("apvirt");
        Path file = directory.resolve("libapvirt.so");
        try {
            Files.copy(library, file);
            System.load(file.toAbsolutePath().toString());
        } finally {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.util.List;
import java.util.Set;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;

/**
 * A program that was started with descriptors of its caller's, which Java's processes do not get. It is to be started and waited for
 * by the same thread: Linux ends it with that thread, if it is asked to.
 */
final class SpawnedProgram {
    private static final int EINTR = 4;
    private static final int ATTRIBUTES_LENGTH = 336; // posix_spawnattr_t
    private static final int SIGNALS_LENGTH = 128; // sigset_t
    private static final short POSIX_SPAWN_SETSIGMASK = 8;

    static {
        Native.register(SpawnedProgram.class, "c");
    }

    private final int pid;

    private SpawnedProgram(int pid) {
        this.pid = pid;
    }

    /** int posix_spawnp(pid_t *pid, const char *file, const actions *, const attributes *, char *const argv[], char *const envp[]) */
    private static native int posix_spawnp(Pointer pid, String file, Pointer actions, Pointer attributes,
            Pointer arguments, Pointer environment);

    /** int posix_spawnattr_init(posix_spawnattr_t *attributes) */
    private static native int posix_spawnattr_init(Pointer attributes);

    /** int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags) */
    private static native int posix_spawnattr_setflags(Pointer attributes, short flags);

    /** int posix_spawnattr_setsigmask(posix_spawnattr_t *attributes, const sigset_t *mask) */
    private static native int posix_spawnattr_setsigmask(Pointer attributes, Pointer mask);

    /** pid_t waitpid(pid_t pid, int *status, int options) */
    private static native int waitpid(int pid, Pointer status, int options) throws LastErrorException;

    /**
     * Starts a program with our environment.
     *
     * @param words one {@code char} per byte, ISO 8859-1
     * @param handedOn the descriptors that it gets, beside 0, 1 and 2
     */
    static SpawnedProgram start(List<String> words, Set<Integer> handedOn) throws IOException {
        LinuxCalls.keepAllBut(handedOn);
        try (Memory pid = new Memory(Integer.BYTES);
                Memory attributes = new Memory(ATTRIBUTES_LENGTH);
                Memory unblocked = new Memory(SIGNALS_LENGTH)) {
            unblocked.clear();
            posix_spawnattr_init(attributes);
            posix_spawnattr_setsigmask(attributes, unblocked); // the Java machine blocks some in its threads
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
            StringArray arguments = new StringArray(words.toArray(String[]::new), "ISO-8859-1");
            String[] variables = System.getenv().entrySet().stream().map(it -> it.getKey() + "=" + it.getValue())
                    .toArray(String[]::new);
            int error = posix_spawnp(pid, words.get(0), Pointer.NULL, attributes, arguments,
                    new StringArray(variables, "ISO-8859-1"));
            if (error != 0) {
                throw new IOException(words.get(0) + ": " + LinuxCalls.strerror(error));
            }
            return new SpawnedProgram(pid.getInt(0));
        }
    }

    /** Waits for the end; returns the exit status, 128 + n if signal n was the end. */
    int await() throws IOException {
        try (Memory status = new Memory(Integer.BYTES)) {
            while (true) {
                try {
                    waitpid(pid, status, 0);
                    int word = status.getInt(0);
                    int signal = word & 0x7f;
                    return signal == 0 ? word >>> 8 & 0xff : 128 + signal;
                } catch (LastErrorException e) {
                    if (e.getErrorCode() != EINTR) {
                        throw new IOException("waitpid: " + LinuxCalls.strerror(e.getErrorCode()), e);
                    }
                }
            }
        }
    }

    /** Returns the process. */
    long pid() {
        return pid;
    }
}

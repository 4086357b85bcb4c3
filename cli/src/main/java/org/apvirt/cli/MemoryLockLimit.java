// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.ByteOrder;
import java.util.Map;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How much memory programs may lock, RLIMIT_MEMLOCK. libvirt raises it for a guest with a mediated device by the guest's whole memory,
 * which nobody but root of the initial user namespace may do. Nothing is locked in truth, because no VFIO runs. So it is raised here where it
 * may be; elsewhere a system call filter says to whoever raises it that it is done, and leaves it as it is.
 */
final class MemoryLockLimit {
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int RLIMIT_LENGTH = 16;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_SET_SECCOMP = 22;
    private static final long SECCOMP_MODE_FILTER = 2;

    // struct sock_filter: code, jump if true, jump if false, operand. Source: Linux include/uapi/linux/filter.h, seccomp.h
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7fff0000;
    private static final int ANSWER_0 = 0x00050000;
    private static final int NUMBER = 0; // offsets in struct seccomp_data
    private static final int ARCHITECTURE = 4;
    private static final int ARGUMENTS = 16;

    /** By the names of Java: what the audit calls the architecture, and the number of prlimit64. */
    private static final Map<String, int[]> PRLIMIT64 = Map.of("amd64", new int[]{0xc000003e, 302}, "aarch64",
            new int[]{0xc00000b7, 261}, "s390x", new int[]{0x80000016, 334}, "ppc64le", new int[]{0xc0000015, 325});

    static {
        Native.register(MemoryLockLimit.class, "c");
    }

    private MemoryLockLimit() {}

    /** int setrlimit(int resource, const struct rlimit *limit) */
    private static native int setrlimit(int resource, Pointer limit) throws LastErrorException;

    /** int prctl(int option, unsigned long argument, ...) */
    private static native int prctl(int option, long argument, @Nullable Pointer argument2, long none1, long none2)
            throws LastErrorException;

    /** Lifts it for the programs that the calling thread executes. Where neither way is open, nothing changes. */
    static void lift() {
        try (Memory unlimited = new Memory(RLIMIT_LENGTH)) {
            unlimited.setLong(0, -1);
            unlimited.setLong(8, -1);
            setrlimit(RLIMIT_MEMLOCK, unlimited);
        } catch (LastErrorException e) {
            shadow();
        }
    }

    private static void shadow() {
        int[] call = PRLIMIT64.get(System.getProperty("os.arch", ""));
        if (call == null) {
            return;
        }
        boolean bigEndian = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;
        int low = bigEndian ? 4 : 0;
        int[][] program = {{LOAD_WORD, 0, 0, ARCHITECTURE}, {JUMP_IF_EQUAL, 0, 9, call[0]}, {LOAD_WORD, 0, 0, NUMBER},
                {JUMP_IF_EQUAL, 0, 7, call[1]}, {LOAD_WORD, 0, 0, ARGUMENTS + 8 + low},
                {JUMP_IF_EQUAL, 0, 5, RLIMIT_MEMLOCK},
                // The new limit, a pointer: null where it is only asked for.
                {LOAD_WORD, 0, 0, ARGUMENTS + 16 + low}, {JUMP_IF_EQUAL, 0, 2, 0},
                {LOAD_WORD, 0, 0, ARGUMENTS + 16 + 4 - low}, {JUMP_IF_EQUAL, 1, 0, 0}, {RETURN, 0, 0, ANSWER_0},
                {RETURN, 0, 0, ALLOW}};
        try (Memory filter = new Memory(program.length * 8L); Memory header = new Memory(16)) {
            for (int i = 0; i < program.length; i++) {
                filter.setShort(i * 8L, (short) program[i][0]);
                filter.setByte(i * 8L + 2, (byte) program[i][1]);
                filter.setByte(i * 8L + 3, (byte) program[i][2]);
                filter.setInt(i * 8L + 4, program[i][3]);
            }
            header.setShort(0, (short) program.length);
            header.setPointer(8, filter);
            if (!ControlSocket.isRoot()) {
                prctl(PR_SET_NO_NEW_PRIVS, 1, null, 0, 0); // else only root may
            }
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0);
        } catch (LastErrorException e) {
            return; // then libvirt says that it cannot
        }
    }
}

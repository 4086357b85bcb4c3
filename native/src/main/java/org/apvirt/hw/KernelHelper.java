// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

/**
 * The kernel helper module ({@code src/main/kernel}), which issues instructions on behalf of root: a device that this
 * process opens once and keeps open until it ends.
 */
final class KernelHelper implements InstructionPort {
    /** The device. */
    static final String DEVICE = "/dev/apvirt-insn";
    /** What {@link #open} answers where the module is not loaded. */
    static final int NOT_LOADED = -2; // -ENOENT

    private static int descriptor = NOT_LOADED;

    private final int fd;

    /** A helper whose device is open. */
    KernelHelper(int fd) {
        this.fd = fd;
    }

    /** Opens the device unless it is open already: its file descriptor, or -errno. */
    static synchronized int open() {
        if (descriptor < 0) {
            descriptor = NativeLibrary.helperOpen();
        }
        return descriptor;
    }

    /** @throws IllegalStateException the module refuses the request as such, for it is not that of this library */
    @Override
    public int issue(int opcode, NativeOperands operands) {
        int result = NativeLibrary.helperIssue(fd, opcode, operands.registersAddress());
        if (result < 0) {
            throw new IllegalStateException(DEVICE + " refuses the request, errno " + -result);
        }
        return result;
    }
}

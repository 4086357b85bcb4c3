// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Commands of the ultravisor that a Secure Execution guest may use. Those of a host, which creates and runs guests, are
 * not among them.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/uv.h}, {@code UVC_CMD_*}, {@code enum uv_cmds_inst}.
 */
public enum UltravisorCommand {
    /** What the ultravisor can do. */
    QUERY(0x0001, 0, 0x120),
    /** The host may see a page. */
    SET_SHARED(0x1000, 8, 0x30),
    /** The host may no longer see a page. */
    REMOVE_SHARED(0x1001, 9, 0x30),
    /** A secret for this guest. */
    ADD_SECRET(0x1031, 29, 0x48),
    /** Which secrets there are. */
    LIST_SECRETS(0x1033, 30, 0x48),
    /** No secret can be added from now on. */
    LOCK_SECRETS(0x1034, 31, 0x40);

    private final int code;
    private final int bit;
    private final int lengthBytes;

    UltravisorCommand(int code, int bit, int lengthBytes) {
        this.code = code;
        this.bit = bit;
        this.lengthBytes = lengthBytes;
    }

    /** Returns the command of a code, null if there is none. */
    public static @Nullable UltravisorCommand of(int code) {
        for (UltravisorCommand command : values()) {
            if (command.code == code) {
                return command;
            }
        }
        return null;
    }

    /** Returns the code in the control block. */
    public int code() {
        return code;
    }

    /** Returns the bit that says it is installed, MSB-0, in the list that QUERY answers. */
    public int bit() {
        return bit;
    }

    /** Returns the length of the control block. */
    public int lengthBytes() {
        return lengthBytes;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/** Program-interruption codes that the AP instructions can end with. Source: z/Architecture, program interruptions. */
public final class ProgramCode {
    /** The instruction is not installed. */
    public static final int OPERATION = 0x01;
    /** The instruction is privileged and the program is in problem state. */
    public static final int PRIVILEGED_OPERATION = 0x02;
    /** Storage is protected. */
    public static final int PROTECTION = 0x04;
    /** Storage does not exist. */
    public static final int ADDRESSING = 0x05;
    /** A reserved bit is set, a register is odd, a length or an alignment is wrong. */
    public static final int SPECIFICATION = 0x06;

    private ProgramCode() {}
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * Main storage as an instruction sees it. Logical addresses are those of the program (operands of NQAP and DQAP, the
 * QCI block); absolute addresses are those of the configuration (the notification byte of AQIC).
 *
 * <p>Each method returns 0 or the {@linkplain ProgramCode program-interruption code} of the access; nothing is stored
 * when the code is not 0.
 */
public interface Storage {
    /** Reads from a logical address. */
    int load(long address, byte[] into, int offset, int length);

    /** Writes to a logical address. */
    int store(long address, byte[] from, int offset, int length);

    /** Reads from an absolute address. */
    int loadAbsolute(long address, byte[] into, int offset, int length);

    /** Writes to an absolute address. */
    int storeAbsolute(long address, byte[] from, int offset, int length);
}

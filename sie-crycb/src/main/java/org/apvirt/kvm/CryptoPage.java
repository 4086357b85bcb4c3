// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Storage;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.Gisa;

/**
 * The page of host storage that holds the control blocks of one guest.
 * <pre>
 *  offset  length  field
 *  0x800    0x100   {@link Crycb}
 *  0x900    0x020   {@link Gisa}
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct sie_page2}.
 */
final class CryptoPage {
    /** Length in bytes. */
    static final int LENGTH = 0x1000;
    /** Offset of the CRYCB. */
    static final int CRYCB_OFFSET = 0x800;
    /** Offset of the GISA. */
    static final int GISA_OFFSET = 0x900;

    private final byte[] bytes = new byte[LENGTH];
    private final Crycb crycb = Crycb.at(bytes, CRYCB_OFFSET);
    private final Gisa gisa = Gisa.at(bytes, GISA_OFFSET);

    /** Returns the page as the machine stores to it. */
    Storage storage() {
        return new ArrayStorage(bytes);
    }

    Crycb crycb() {
        return crycb;
    }

    Gisa gisa() {
        return gisa;
    }
}

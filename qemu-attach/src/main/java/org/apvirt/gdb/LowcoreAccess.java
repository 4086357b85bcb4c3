// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Access to the real storage of the selected CPU, its lowcore included, while the guest is stopped. The stub takes storage
 * addresses in the address space of the CPU's PSW, so a PSW with DAT has to give way meanwhile. We may be killed before it
 * is back; therefore the same write to the socket that replaces it leaves it in the lowcore, for {@link #restore}.
 * <pre>
 *  0x48  a mark, 8 bytes
 *  0x50  PSW mask, 8 bytes
 * </pre>
 * Both lie behind the {@link Trampoline}, in the part of the lowcore that Linux leaves alone, and are zero otherwise.
 */
final class LowcoreAccess {
    private static final long KEPT = 0x48;
    private static final int LENGTH = 16;
    private static final long MARK = 0x6170_7669_7274_5053L; // apvirtPS

    private final GuestStub stub;
    private final long mask;

    private LowcoreAccess(GuestStub stub, long mask) {
        this.stub = stub;
        this.mask = mask;
    }

    /** Makes storage addresses real ones, until {@link #end}. */
    static LowcoreAccess begin(GuestStub stub) throws IOException {
        long mask = stub.pswMask();
        if ((mask & Psw.DAT) != 0) {
            stub.pswMask(Psw.REAL_MODE);
            stub.store(KEPT, ByteBuffer.allocate(LENGTH).putLong(MARK).putLong(mask).array(), 0, LENGTH);
        }
        return new LowcoreAccess(stub, mask);
    }

    /** Gives the CPU its PSW mask back. */
    void end() {
        if ((mask & Psw.DAT) != 0) {
            stub.store(KEPT, new byte[LENGTH], 0, LENGTH);
            stub.pswMask(mask);
        }
    }

    /** Gives the selected CPU the PSW mask back that a client before us took and, being killed, never returned. */
    static void restore(GuestStub stub) throws IOException {
        if (Psw.withConditionCode(stub.pswMask(), 0) != Psw.REAL_MODE) {
            return; // whatever its storage holds: nobody was looking into it
        }
        byte[] kept = new byte[LENGTH];
        stub.load(KEPT, kept, 0, LENGTH);
        ByteBuffer words = ByteBuffer.wrap(kept);
        if (words.getLong() == MARK) {
            long mask = words.getLong();
            Arrays.fill(kept, (byte) 0);
            stub.store(KEPT, kept, 0, LENGTH);
            stub.pswMask(mask);
        }
    }
}

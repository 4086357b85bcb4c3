package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;

import org.apvirt.arch.Facilities;

/**
 * Makes the guest's kernel see the AP facilities that QEMU does not report. The decompressor of a Linux image executes
 * STFLE once and hands the list to the kernel; a breakpoint there, and the bits are in the list.
 *
 * <p>Only the first 64 facilities are patched: QCI and APFT. The queue interruption facility (65) stays off, because
 * the stub cannot inject an interruption.
 */
final class FacilityPatch {
    /** Where the decompressor starts, whoever loaded it. */
    private static final int FIRST = 0x1_0000;
    private static final int LENGTH = 0x8000;
    private static final int STFLE = 0xb2b0;

    private final long bits;
    private long site = -1;

    FacilityPatch(Facilities facilities) {
        long wanted = 0;
        for (int facility : new int[]{Facilities.QCI, Facilities.APFT}) {
            if (facilities.has(facility)) {
                wanted |= Long.MIN_VALUE >>> facility;
            }
        }
        bits = wanted;
    }

    /**
     * Looks for the instruction in the loaded image and sets a breakpoint there. The guest is stopped at its start.
     *
     * @return false if there is not exactly one: the kernel parameter {@code facilities=12,15} is then needed
     */
    boolean arm(GuestStub stub) throws IOException {
        if (bits == 0 || site >= 0) {
            return true;
        }
        byte[] image = new byte[LENGTH];
        stub.load(FIRST, image, 0, LENGTH);
        long found = -1;
        for (int i = 0; i < LENGTH - 1; i += 2) {
            if (((image[i] & 0xff) << 8 | image[i + 1] & 0xff) == STFLE) {
                if (found >= 0) {
                    return false;
                }
                found = FIRST + i;
            }
        }
        if (found < 0) {
            return false;
        }
        stub.breakpoint(found);
        site = found;
        return true;
    }

    /** Tells whether a stop is at the breakpoint. */
    boolean isSite(long pswAddress) {
        return pswAddress == site;
    }

    /**
     * Executes the STFLE at which the selected CPU stands and adds the bits to what it stored.
     *
     * @param registers PSW mask, PSW address, GR0..15
     */
    void apply(GuestStub stub, long[] registers) throws IOException {
        byte[] instruction = new byte[4];
        stub.load(site, instruction, 0, 4);
        stub.removeBreakpoint(site);
        stub.step();
        int operand = ByteBuffer.wrap(instruction).getInt();
        if (operand >> 16 == (short) STFLE && (registers[0] & Psw.DAT) == 0) {
            int base = operand >> 12 & 0xf;
            long address = (base == 0 ? 0 : registers[2 + base]) + (operand & 0xfff);
            byte[] list = new byte[8];
            stub.load(address, list, 0, 8);
            ByteBuffer word = ByteBuffer.wrap(list);
            word.putLong(0, word.getLong(0) | bits);
            stub.store(address, list, 0, 8);
        }
        stub.breakpoint(site); // a reboot comes here again
    }

    /** Takes the breakpoint away. */
    void disarm(GuestStub stub) throws IOException {
        if (site >= 0) {
            stub.removeBreakpoint(site);
            site = -1;
        }
    }
}

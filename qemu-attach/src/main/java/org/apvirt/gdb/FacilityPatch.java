// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;

import org.apvirt.arch.Facilities;

/**
 * Makes the guest's kernel see the AP facilities that QEMU does not report. The decompressor of a Linux image executes
 * STFLE once and hands the list to the kernel; a breakpoint there, and the bits are in the list.
 *
 * <p>Where that instruction is differs from kernel to kernel, but each starts at the same address, whoever loaded it:
 * QEMU, a boot loader, or a kernel before it. So a first breakpoint is at the start, and tells at the same time that the
 * guest boots. It has one more use: QEMU 7.2 crawls through some decompressors after a reboot, 25 s instead of 2, and no
 * longer does once a breakpoint was hit, because it then throws its translations away.
 *
 * <p>Only the first 64 facilities are patched: QCI and APFT. The queue interruption facility (65) stays off, because
 * the stub cannot inject an interruption.
 */
final class FacilityPatch {
    /** Real address at which a Linux image starts. */
    static final int START = 0x1_0000;
    private static final int LENGTH = 0x8000;
    private static final int STFLE = 0xb2b0;
    private static final int STFLE_LENGTH = 4;
    /** Below this address lies the boot code, which runs without DAT. */
    private static final long KERNEL = 0x10_0000;

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

    /** Sets the breakpoint at the start. */
    void arm(GuestStub stub) {
        stub.breakpoint(START);
    }

    /** Tells whether a stop is at one of the breakpoints. */
    boolean isSite(long pswAddress) {
        return pswAddress == START || pswAddress == site;
    }

    /** Tells whether a stop says that a kernel starts. */
    static boolean isStart(long pswMask, long pswAddress) {
        return pswAddress == START && (pswMask & Psw.DAT) == 0;
    }

    /**
     * Looks for the instruction in the image that starts, and moves the second breakpoint there.
     *
     * @return false if there is not exactly one: the kernel parameter {@code facilities=12,15} is then needed
     */
    boolean find(GuestStub stub) throws IOException {
        byte[] image = new byte[LENGTH];
        stub.load(START, image, 0, LENGTH);
        long found = -1;
        int count = 0;
        for (int i = 0; i < LENGTH - 1; i += 2) {
            if (((image[i] & 0xff) << 8 | image[i + 1] & 0xff) == STFLE) {
                found = START + i;
                count++;
            }
        }
        if (site >= 0) {
            stub.removeBreakpoint(site);
            site = -1;
        }
        if (bits != 0 && count == 1) {
            stub.breakpoint(found);
            site = found;
        }
        return bits == 0 || count == 1;
    }

    /**
     * Steps over the breakpoint at which the selected CPU stands; at the STFLE the bits are added to what it stored.
     *
     * @param registers PSW mask, PSW address, GR0..15
     */
    void pass(GuestStub stub, long[] registers) throws IOException {
        long here = registers[1];
        byte[] instruction = new byte[4];
        stub.load(here, instruction, 0, 4);
        stub.removeBreakpoint(here);
        stub.step();
        if (here == site && (registers[0] & Psw.DAT) == 0) {
            patch(stub, ByteBuffer.wrap(instruction).getInt(), registers);
        }
        stub.breakpoint(here); // a reboot comes here again
    }

    /** Adds the bits to the list that an STFLE has just stored. It changes no register but 0. */
    private void patch(GuestStub stub, int instruction, long[] registers) throws IOException {
        if (instruction >> 16 != (short) STFLE) {
            return;
        }
        int base = instruction >> 12 & 0xf;
        long address = (base == 0 ? 0 : registers[2 + base]) + (instruction & 0xfff);
        byte[] list = new byte[8];
        stub.load(address, list, 0, 8);
        ByteBuffer word = ByteBuffer.wrap(list);
        word.putLong(0, word.getLong(0) | bits);
        stub.store(address, list, 0, 8);
    }

    /**
     * Goes on where a client before us was killed, or let go of the guest: its boot code runs already, so that it does not come
     * to the start any more.
     *
     * @param registers of the selected CPU: PSW mask, PSW address, GR0..15
     */
    void resume(GuestStub stub, long[] registers) throws IOException {
        if ((registers[0] & Psw.DAT) != 0 || registers[1] <= START || registers[1] >= KERNEL) {
            return;
        }
        find(stub);
        if (site >= 0 && registers[1] == site + STFLE_LENGTH) {
            byte[] instruction = new byte[STFLE_LENGTH];
            stub.load(site, instruction, 0, STFLE_LENGTH);
            patch(stub, ByteBuffer.wrap(instruction).getInt(), registers);
        }
    }

    /** Takes the breakpoints away. */
    void disarm(GuestStub stub) {
        stub.removeBreakpoint(START);
        if (site >= 0) {
            stub.removeBreakpoint(site);
            site = -1;
        }
    }
}

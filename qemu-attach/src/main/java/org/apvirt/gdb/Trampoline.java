// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * 40 bytes of code in an unused part of the lowcore, to which the program-check new PSW is pointed. For an operation
 * exception it reads a watched byte, which stops the guest; every other program check goes straight on to the kernel's
 * own handler, so that page faults cost a few instructions and no stop. No symbol, no breakpoint, no kernel version is
 * involved, and code in modules and in user space is caught alike.
 * <pre>
 *  0x20  CLHHSI 0x8e,1      operation exception?
 *  0x26  JNE    0x34
 *  0x2a  TMY    0xf008,0    reads the watched byte; changes only the condition code
 *  0x30  J      0x2a        a stop that got lost comes again
 *  0x34  LPSWE  0x38        on to the kernel's handler
 *  0x38  the kernel's own program-check new PSW, 16 bytes
 * </pre>
 * Linux copies the first 512 bytes of a lowcore for each further CPU and leaves 0x18..0x7f alone after IPL.
 */
final class Trampoline {
    /** Real address of the watched byte, in a page that Linux reserves and hardly uses. */
    static final long WATCHED = 0xf008;
    /** Where the code lies in the lowcore. */
    static final long CODE = 0x20;
    /** Address of the instruction that reads the watched byte. */
    static final long TOUCH = 0x2a;
    /** Address of the jump behind it, where a late stop is reported. */
    static final long LOOP = 0x30;
    /** Address of the instruction that goes on to the kernel's handler. */
    static final long ONWARD = 0x34;
    /** Where the kernel's new PSW is kept. */
    static final long KEPT_PSW = 0x38;
    /** Real address of the interruption code of a program check, a halfword. */
    static final long INTERRUPTION_CODE = 0x8e;
    /** Real address of length and code of the instruction that was checked, a halfword each. */
    static final long INTERRUPTION = 0x8c;
    /** Real address of the program-check old PSW. */
    static final long OLD_PSW = 0x150;
    /** Real address of the program-check new PSW. */
    static final long NEW_PSW = 0x1d0;

    /** Below this address lies the decompressor, whose handler must stay. */
    private static final long KERNEL = 0x10_0000;
    private static final byte[] INSTRUCTIONS = HexFormat.of()
            .parseHex("e554008e0001" + "a7740007" + "eb0000080f51" + "a7f4fffd" + "b2b20038");

    private Trampoline() {}

    /**
     * Installs the trampoline in the lowcore of the selected CPU if its kernel has set a handler, and not yet ours. The
     * guest is stopped.
     *
     * @return whether it was installed now
     */
    static boolean install(GuestStub stub) throws IOException {
        return install(stub, false);
    }

    /**
     * The same for a program that is no Linux: it has no decompressor with handlers that come and go, so any handler is taken,
     * in whatever mode and wherever it is, if it is one and not a PSW that waits.
     */
    static boolean installBare(GuestStub stub) throws IOException {
        return install(stub, true);
    }

    private static boolean isHandler(long mask, long address, boolean isBare) {
        return isBare
                ? address != 0 && (mask & Psw.WAIT) == 0 && (mask & Psw.REAL_MODE) == Psw.REAL_MODE
                : (mask & Psw.DAT) != 0 && (address < 0 || address >= KERNEL);
    }

    private static boolean install(GuestStub stub, boolean isBare) throws IOException {
        LowcoreAccess access = LowcoreAccess.begin(stub);
        byte[] psw = new byte[16];
        stub.load(NEW_PSW, psw, 0, 16);
        long newMask = ByteBuffer.wrap(psw).getLong();
        long newAddress = ByteBuffer.wrap(psw).getLong(8);
        boolean ready = newAddress != CODE && isHandler(newMask, newAddress, isBare);
        if (ready) {
            byte[] code = Arrays.copyOf(INSTRUCTIONS, INSTRUCTIONS.length + 16);
            System.arraycopy(psw, 0, code, INSTRUCTIONS.length, 16);
            stub.store(CODE, code, 0, code.length);
            stub.store(NEW_PSW, ByteBuffer.allocate(16).putLong(Psw.REAL_MODE).putLong(CODE).array(), 0, 16);
        }
        access.end();
        return ready;
    }

    /** Gives the selected CPU the kernel's own new PSW back. The guest is stopped. */
    static void remove(GuestStub stub) throws IOException {
        LowcoreAccess access = LowcoreAccess.begin(stub);
        byte[] psw = new byte[16];
        stub.load(NEW_PSW, psw, 0, 16);
        if (ByteBuffer.wrap(psw).getLong(8) == CODE) {
            stub.load(KEPT_PSW, psw, 0, 16);
            stub.store(NEW_PSW, psw, 0, 16);
        }
        access.end();
    }

    /** Tells whether a stopped CPU is in the trampoline, at the touch. */
    static boolean isTouch(long pswMask, long pswAddress) {
        return (pswMask & Psw.DAT) == 0 && isTouch(pswAddress);
    }

    /** The same of a CPU whose PSW mask may be that of the interrupted program already, because its client was killed. */
    static boolean isTouch(long pswAddress) {
        return pswAddress == TOUCH || pswAddress == LOOP;
    }
}

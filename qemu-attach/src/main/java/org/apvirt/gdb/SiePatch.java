// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the guest's kernel believe that its CPUs have SIE, so that its module kvm loads, and with it vfio_ap, which needs
 * symbols of kvm. Whoever then starts a virtual machine gets an operation exception: TCG does not have SIE.
 *
 * <p>The boot code asks the service processor once what the system is, by SERVC with the command Read SCP Info; QEMU has
 * written the answer when the instruction ends. A breakpoint there, and the bit is in the answer.
 * Source: Linux {@code drivers/s390/char/sclp.h}, {@code struct sclp_core_entry}; QEMU
 * {@code include/hw/s390x/sclp.h}, {@code struct ReadInfo}.
 */
final class SiePatch {
    private static final int LENGTH = 0x8000;
    private static final int SERVC = 0xb220;
    private static final int READ_SCP_INFO = 0x0002_0001;
    private static final int READ_SCP_INFO_FORCED = 0x0012_0001;
    private static final int NORMAL = 0x0010;
    /** In bytes: response code, number of CPU entries and where they are. */
    private static final int RESPONSE = 6;
    private static final int CPU_COUNT = 16;
    private static final int CPU_OFFSET = 18;
    private static final int ENTRY_LENGTH = 16;
    /** The byte of an entry with the facilities, and the bit there that says SIE format 2. */
    private static final int FACILITIES = 2;
    private static final int SIE_FORMAT_2 = 0x08;

    /** Perform Locked Operation, which TCG does not have either: kvm asks which of its functions a guest could use. */
    private static final byte PLO = (byte) 0xee;
    private static final int PLO_LENGTH = 6;
    private static final int PLO_TEST_BIT = 0x100;
    /** Its condition code for a function that is not installed. */
    static final int NOT_INSTALLED = 3;

    private final List<Long> sites = new ArrayList<>();

    /** Sets a breakpoint at each such instruction of the boot code, which starts here. */
    void find(GuestStub stub, int start) throws IOException {
        disarm(stub);
        byte[] image = new byte[LENGTH];
        stub.load(start, image, 0, LENGTH);
        for (int i = 0; i < LENGTH - 1; i += 2) {
            if (((image[i] & 0xff) << 8 | image[i + 1] & 0xff) == SERVC) {
                stub.breakpoint(start + i);
                sites.add((long) (start + i));
            }
        }
    }

    /** Tells whether a stop is at one of the breakpoints. */
    boolean isSite(long pswAddress) {
        return sites.contains(pswAddress);
    }

    /**
     * Steps over the breakpoint at which the selected CPU stands, and adds the bit to the answer if it is the one.
     *
     * @param registers PSW mask, PSW address, GR0..15
     */
    void pass(GuestStub stub, long[] registers) throws IOException {
        long here = registers[1];
        byte[] instruction = new byte[4];
        stub.load(here, instruction, 0, 4);
        stub.removeBreakpoint(here);
        stub.step();
        int word = ByteBuffer.wrap(instruction).getInt();
        int command = (int) registers[2 + (word >> 4 & 0xf)];
        if ((registers[0] & Psw.DAT) == 0 && (command == READ_SCP_INFO || command == READ_SCP_INFO_FORCED)) {
            patch(stub, registers[2 + (word & 0xf)]);
        }
        stub.breakpoint(here);
    }

    private static void patch(GuestStub stub, long block) throws IOException {
        byte[] bytes = new byte[CPU_OFFSET + 2];
        stub.load(block, bytes, 0, bytes.length);
        ByteBuffer head = ByteBuffer.wrap(bytes);
        if (head.getShort(RESPONSE) != NORMAL) {
            return;
        }
        for (int i = 0; i < head.getShort(CPU_COUNT); i++) {
            long entry = block + head.getShort(CPU_OFFSET) + (long) i * ENTRY_LENGTH;
            byte[] facilities = new byte[1];
            stub.load(entry + FACILITIES, facilities, 0, 1);
            facilities[0] |= SIE_FORMAT_2;
            stub.store(entry + FACILITIES, facilities, 0, 1);
        }
    }

    /**
     * Tells whether an operation exception was a question of kvm's that we can answer for the machine: no.
     *
     * @param next address after the instruction, in the address space that is selected
     * @param registers PSW mask, PSW address, GR0..15
     */
    boolean isQuery(GuestStub stub, long next, long[] registers) throws IOException {
        byte[] instruction = new byte[PLO_LENGTH];
        return stub.tryLoad(next - PLO_LENGTH, instruction, 0, PLO_LENGTH) && instruction[0] == PLO
                && (registers[2] & PLO_TEST_BIT) != 0;
    }

    /** Takes the breakpoints away. */
    void disarm(GuestStub stub) {
        sites.forEach(stub::removeBreakpoint);
        sites.clear();
    }
}

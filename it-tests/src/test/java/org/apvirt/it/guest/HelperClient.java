// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.hw.ApHardware;

/** Runs on the JVM inside a guest: opens the hardware and uses it through the typed commands. */
final class HelperClient {
    private static final Apqn QUEUE = new Apqn(5, 4);

    private HelperClient() {}

    /** Prints one line for each thing it did. */
    public static void main(String... arguments) {
        ApHardware.Opening opening = ApHardware.open(new VirtualTime());
        System.out.println("opened: " + opening);
        if (!(opening instanceof ApHardware.Opened opened)) {
            return;
        }
        // The kernel's own facilities: QEMU's machine has none of AP, whoever answers the instructions.
        ApCommands commands = new ApCommands(opened.platform().instructions(),
                opened.platform().facilities().with(12).with(15));
        ApConfigInfo info = commands.qci();
        System.out.println("adapters: " + (info == null ? "-" : info.apm().ids().boxed().toList()));
        System.out.println("tapq: " + new ApQueueStatus(commands.tapq(QUEUE)) + " "
                + new ApHardwareInfo(commands.hardwareInfo()));
        byte[] message = new byte[64];
        message[1] = (byte) 0xff; // of no type that a card knows
        System.out.println("nqap: response "
                + ApQueueStatus.responseCode(commands.nqap(QUEUE, 0x0123_4567_89ab_cdefL, message, 64, false)));
        byte[] reply = new byte[256];
        int status;
        do {
            status = commands.dqap(QUEUE, reply, 0);
        } while (ApQueueStatus.responseCode(status) == 0x10);
        System.out.println("dqap: response " + ApQueueStatus.responseCode(status) + " psmid "
                + Long.toHexString(commands.replyPsmid()) + " type " + Integer.toHexString(reply[1] & 0xff));
    }
}

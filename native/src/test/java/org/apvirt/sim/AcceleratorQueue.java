// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;

/** A queue of an accelerator that holds three messages, on a machine with two domains. */
abstract class AcceleratorQueue {
    static final Apqn QUEUE = new Apqn(6, 4);
    static final int E = 0x8000_0000;
    static final int R = 0x4000_0000;
    static final int F = 0x2000_0000;

    final VirtualTime time = new VirtualTime();
    final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR).depth(3))
            .usageDomains(ApMask.of(4, 5)).build();
    final ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
    final byte[] buffer = new byte[4096];

    /** 5 to the power of 3 modulo 391 is 125, 0x7d. */
    static byte[] request() {
        return Type50Message.create(Format.MEB1)
                .put(Format.MEB1, Operand.EXPONENT, new byte[]{3}, 0, 1)
                .put(Format.MEB1, Operand.MODULUS, new byte[]{1, (byte) 0x87}, 0, 2)
                .put(Format.MEB1, Operand.MESSAGE, new byte[]{5}, 0, 1).storage();
    }

    int send(long psmid) {
        byte[] request = request();
        return ap.nqap(QUEUE, psmid, request, request.length, false);
    }

    void serviceTime(long millis) {
        machine.adapter(6).change(spec -> spec.serviceTime(Duration.ofMillis(millis)));
    }
}

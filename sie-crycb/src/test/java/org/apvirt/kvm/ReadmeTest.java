// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.CrycbDump;
import org.apvirt.sie.CrycbDumpException;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Runs the snippets of README.md. */
class ReadmeTest {
    private final List<String> printed = new ArrayList<>();

    private void println(Object what) {
        printed.add(what.toString());
    }

    @Test
    void readingADumpPrintsWhatItSays() throws CrycbDumpException {
        byte[] dump = HexFormat.of().parseHex("06" + "00".repeat(7) + "0800000000000000" + "00".repeat(16));
        CrycbDump crycb = CrycbDump.read(dump, CrycbFormat.FORMAT_0);
        println(crycb.adapters().ids().boxed().toList()); // [5, 6]
        println(crycb.apqns()); // [05.0004, 06.0004]
        assertEquals(List.of("[5, 6]", "[05.0004, 06.0004]"), printed);
    }

    @Test
    void givingAGuestQueuesPrintsWhatItSays() throws ErrnoException {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.CCA))
                .usageDomains(ApMask.of(4, 0x47))
                .build();
        KvmGuest guest = new KvmGuest(machine.platform());
        guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        guest.lock().lock();
        guest.setMasks(ApMask.of(5), ApMask.of(4, 0x47), ApMask.of(4)); // when it returns, no instruction uses the old masks
        guest.lock().unlock();
        ApCommands commands = new ApCommands(guest.platform().instructions(), guest.facilities());
        println(new ApQueueStatus(commands.tapq(new Apqn(5, 4)))); // 0x80000000 (NORMAL)
        println(new ApQueueStatus(commands.tapq(new Apqn(6, 4)))); // 0x00010000 (Q_NOT_AVAIL)
        assertEquals(List.of("0x80000000 (NORMAL)", "0x00010000 (Q_NOT_AVAIL)"), printed);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.RealTime;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.plugin.GuestAddress;
import org.apvirt.plugin.PluginFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;

/**
 * AP instructions per second of a QEMU that runs {@code benchmarks/attach/loop.c}. Arguments: its address, as
 * {@link GuestAddress} has it, seconds; or {@code --write-plugin}, a directory. The first second is not counted. {@code benchmarks/attach/run} compares it.
 */
public final class AttachedLoop {
    private AttachedLoop() {}

    /** Prints the number. */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("--write-plugin")) {
            PluginFile.writeTo(Path.of(args[1]));
            return;
        }
        SimulatedMachine machine = SimulatedMachine.builder(new RealTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
        AttachedGuest guest = AttachedGuest.over(GuestAddress.open(args[0], machine.platform(), false, line -> {}),
                machine.platform(), line -> {});
        Thread.ofPlatform().daemon().start(() -> serve(guest));
        while (guest.answered() == 0) {
            Thread.sleep(10);
        }
        Thread.sleep(1000);
        long before = guest.answered();
        long start = System.nanoTime();
        Thread.sleep(Math.round(Double.parseDouble(args[1]) * 1000));
        System.out.printf("%.0f%n", (guest.answered() - before) * 1e9 / (System.nanoTime() - start));
        System.exit(0); // the clock of the machine has a thread
    }

    private static void serve(AttachedGuest guest) {
        try {
            guest.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

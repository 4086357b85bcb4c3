// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintStream;

import org.apvirt.arch.Printable;
import org.apvirt.device.Errno;
import org.apvirt.running.RunningMachine;
import org.apvirt.sysfs.SysfsTraffic;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Prints what programs do with the tree, one line each. */
final class TrafficLog implements SysfsTraffic {
    private final PrintStream out;

    TrafficLog(PrintStream out) {
        this.out = out;
    }

    /** Prints sysfs traffic, uevents and the kernel's log of a machine to standard error as they happen. */
    static TrafficLog of(RunningMachine running) {
        TrafficLog log = new TrafficLog(System.err);
        running.host().kernel().onUevent(event -> log.line("uevent " + event));
        running.host().kernel().onLog(line -> log.line("kernel " + line));
        return log;
    }

    @Override
    public void read(String path, @Nullable Errno refused) {
        line("read   " + path + answer(refused));
    }

    @Override
    public void written(String path, String text, @Nullable Errno refused) {
        line("write  " + path + " \"" + text + '"' + answer(refused));
    }

    private static String answer(@Nullable Errno refused) {
        return refused == null ? "" : " = " + refused + " (" + refused.text() + ")";
    }

    void line(String line) {
        out.println("apvirt: " + Printable.line(line));
    }
}

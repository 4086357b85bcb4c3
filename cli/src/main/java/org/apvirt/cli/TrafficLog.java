package org.apvirt.cli;

import java.io.PrintStream;

import org.apvirt.arch.Printable;
import org.apvirt.device.Errno;
import org.apvirt.sysfs.SysfsTraffic;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Prints what programs do with the tree, one line each. */
final class TrafficLog implements SysfsTraffic {
    private final PrintStream out;

    TrafficLog(PrintStream out) {
        this.out = out;
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

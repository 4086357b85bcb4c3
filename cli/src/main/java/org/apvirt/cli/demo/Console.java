// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.demo;

import java.io.PrintWriter;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;

/** A person at the host's shell: each command is shown, done, and its effect shown. */
final class Console {
    private final Host host;
    private final PrintWriter out;

    Console(Host host, PrintWriter out) {
        this.host = host;
        this.out = out;
    }

    void heading(String text) {
        out.println();
        out.println(text);
    }

    void command(String command) {
        out.println("  # " + command);
    }

    void effect(String text) {
        text.lines().forEach(line -> out.println("      " + line));
    }

    void paragraph(String text) {
        text.lines().forEach(line -> out.println("  " + line));
    }

    /** Shows and does {@code echo TEXT > PATH}. */
    void echo(String text, String path) throws ErrnoException {
        command("echo " + text + " > " + path);
        host.write(path, text + '\n');
    }

    /** Shows and does {@code cat PATH}. */
    void cat(String path) throws ErrnoException {
        command("cat " + path);
        effect(host.read(path));
    }

    /** Returns the driver of a queue in words. */
    String driver(String queue) throws ErrnoException {
        String link = "/sys/bus/ap/devices/" + queue + "/driver";
        try {
            String target = host.readLink(link);
            return target.substring(target.lastIndexOf('/') + 1);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return "no driver";
            }
            throw e;
        }
    }
}

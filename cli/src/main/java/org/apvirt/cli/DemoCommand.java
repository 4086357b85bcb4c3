// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

import org.apvirt.cli.demo.Demo;
import org.apvirt.device.ErrnoException;
import org.apvirt.machine.FileFormatException;
import org.apvirt.qemu.QemuExit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code apvirt demo}: the two guests of the specification. */
@Command(name = "demo", mixinStandardHelpOptions = true, description = "Plays the worked example of the 2018 specification: a host, two guests, and what each lists.")
final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws FileFormatException {
        PrintWriter out = spec.commandLine().getOut();
        try {
            Demo.run(out);
            return Apvirt.DONE;
        } catch (ErrnoException e) {
            spec.commandLine().getErr().println("apvirt demo: the kernel refused: " + e.getMessage());
            return Apvirt.REFUSED;
        } catch (QemuExit e) {
            e.messages().lines().forEach(spec.commandLine().getErr()::println);
            return Apvirt.REFUSED;
        } finally {
            out.flush();
        }
    }
}

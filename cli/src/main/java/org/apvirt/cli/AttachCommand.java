package org.apvirt.cli;

import java.io.IOException;

import org.apvirt.machine.FileFormatException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code apvirt attach}: virtual cards for a guest that runs in QEMU already. */
@Command(name = "attach", mixinStandardHelpOptions = true, description = {
        "Answers the AP instructions of a real s390x guest in QEMU TCG, through QEMU's gdb stub.",
        "Start QEMU with -S and -gdb, so that the guest's kernel finds the cards when it boots. Ctrl-C lets go of the"
                + " guest, which runs on."})
final class AttachCommand extends GuestCommand {
    @Option(names = "--gdb", required = true, paramLabel = "ADDRESS", description = "Where QEMU's -gdb listens: the path of a Unix socket, or localhost:PORT.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private String address;

    @Override
    String program() {
        return "attach";
    }

    @Override
    public Integer call() throws FileFormatException {
        try {
            attach(() -> address);
            return Apvirt.DONE;
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }
}

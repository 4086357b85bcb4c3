// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Path;

import org.apvirt.machine.FileFormatException;
import org.apvirt.plugin.PluginFile;
import org.apvirt.plugin.PluginTransport;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code apvirt attach}: virtual cards for a guest that runs in QEMU already. */
@Command(name = "attach", mixinStandardHelpOptions = true, description = {
        "Answers the AP instructions of a real s390x guest in QEMU TCG, through QEMU's gdb stub or a plugin inside it.",
        "Start QEMU with -S and -gdb, or with the -plugin that --plugin prints, so that the guest's kernel finds the cards"
                + " when it boots. Ctrl-C lets go of the guest, which runs on."})
final class AttachCommand extends GuestCommand {
    /** One of them. */
    private static final class Address {
        @Option(names = "--gdb", required = true, paramLabel = "ADDRESS", description = "Where QEMU's -gdb listens: the path of a Unix socket, or localhost:PORT.")
        private @Nullable String gdb;

        @Option(names = "--plugin", required = true, paramLabel = "SOCKET", description = "Path of a Unix socket, made here, to which a plugin in QEMU (11.1 and later) connects.")
        private @Nullable Path plugin;
    }

    @ArgGroup(multiplicity = "1")
    private Address address;

    @Override
    String program() {
        return "attach";
    }

    @Override
    public Integer call() throws FileFormatException {
        try {
            if (secure && address.plugin == null) {
                throw new IOException(
                        "--secure: only the plugin answers the ultravisor's calls (--plugin SOCKET instead of --gdb)");
            }
            attach(this::address);
            return Apvirt.DONE;
        } catch (IOException e) {
            return Apvirt.refused(spec, e);
        }
    }

    private String address() throws IOException {
        Path socket = address.plugin;
        if (socket == null) {
            return String.valueOf(address.gdb);
        }
        Path file = PluginFile.writeTo(RuntimeDirectory.ofUser().open());
        say("start QEMU with: -plugin " + PluginFile.option(file, socket)
                + (secure ? " and iommu_platform=on for each virtio device" : ""));
        return PluginTransport.SCHEME + socket;
    }
}

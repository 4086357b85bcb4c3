// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Consumer;

import org.apvirt.arch.ApPlatform;
import org.apvirt.gdb.GuestTransport;
import org.apvirt.gdb.StubTransport;

/** How a guest is reached, in one word: {@code plugin:PATH}, or the address of a gdb stub. */
public final class GuestAddress {
    private GuestAddress() {}

    /**
     * Reaches a guest.
     *
     * @param address {@code plugin:PATH}: where QEMU's plugin is to connect, the guest need not run yet; or where QEMU's
     *     option {@code -gdb} listens: a path, {@code unix:PATH}, {@code localhost:PORT}
     * @param platform whose facilities and service processor the guest's kernel is to see
     * @param showsSie whether the guest's CPUs are to look as if they had SIE, so that its module kvm loads
     * @param log takes one line for each thing worth telling
     * @throws IOException there is no s390x guest, or the socket cannot be made
     */
    public static GuestTransport open(String address, ApPlatform platform, boolean showsSie,
            Consumer<? super String> log) throws IOException {
        if (address.startsWith(PluginTransport.SCHEME)) {
            String path = address.substring(PluginTransport.SCHEME.length());
            try {
                return PluginTransport.listen(Path.of(path), platform, showsSie, log);
            } catch (InvalidPathException e) {
                throw new IOException("'" + path.replace('\0', '?') + "' is not a path", e);
            }
        }
        return showsSie
                ? StubTransport.connectShowingSie(address, platform.facilities(), log)
                : StubTransport.connect(address, platform.facilities(), log);
    }
}

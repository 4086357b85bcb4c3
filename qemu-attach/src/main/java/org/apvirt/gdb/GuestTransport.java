// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.Closeable;
import java.io.IOException;

/**
 * A way on which the AP instructions of a guest come to us and their results go back. It knows how a guest is stopped
 * and where its registers and storage are, and nothing of AP; {@link ApEmulation} is the other way round.
 *
 * <p>{@link StubTransport}, the gdb stub of QEMU, is one, {@code org.apvirt.plugin.PluginTransport}, a plugin inside QEMU that
 * sends each instruction over a socket, another. A third implements this interface and is handed to
 * {@link AttachedGuest#over}.
 */
public interface GuestTransport extends Closeable {
    /** Why {@link #serve} returned. */
    enum End {
        /** The guest has ended. */
        GUEST_ENDED,
        /** {@link #detach} was called; the guest runs on. */
        DETACHED
    }

    /**
     * Lets the guest run, and hands each AP instruction that it executes to the emulation, with the registers of the
     * CPU, its problem-state bit and a view of its storage. Before the guest goes on it has the registers that the
     * emulation left and the condition code that it returned, or the program interruption.
     *
     * <p>The instructions of one CPU are handed in one after the other; those of several may come at once, on threads of
     * the transport.
     *
     * @return why it is over
     * @throws IOException the connection failed in another way than by the guest's end
     */
    End serve(ApEmulation emulation) throws IOException;

    /**
     * Returns the version of the QEMU that the guest runs in, for example {@code 10.0.13}; empty: it is not known. Called before
     * {@link #serve}.
     *
     * @throws IOException the connection failed
     */
    default String version() throws IOException {
        return "";
    }

    /** Tells whether there is a guest at the other end; with some transports it comes later than we. */
    default boolean hasGuest() {
        return true;
    }

    /** Returns what a guest meets that runs on and that nobody answers any more, sentences. */
    default String outlook() {
        return "Its AP instructions are operation exceptions now: a kernel that boots finds no AP, one that uses it oopses at"
                + " the next, at the latest in the next scan of its bus (config_time, 30 s), unless somebody attaches before";
    }

    /** Makes {@link #serve} return soon, with the guest running as if nobody had been there. Called by any thread. */
    void detach();

    /**
     * Somebody else knows that the guest's process has ended. A transport whose connection tells it anyway need not listen.
     */
    default void guestEnded() {}
}

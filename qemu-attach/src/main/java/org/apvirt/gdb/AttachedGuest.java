// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.apvirt.arch.ApPlatform;
import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.InheritableMustCall;
import org.checkerframework.checker.mustcall.qual.Owning;

/**
 * A running {@code qemu-system-s390x} guest whose AP instructions we answer. {@link #run} does so until the guest ends
 * or {@link #detach} is called from another thread.
 */
@InheritableMustCall("close")
public final class AttachedGuest implements AutoCloseable {
    /** A kernel looks for AP when it boots, which takes some seconds. */
    private static final long QUIET_MILLIS = 60_000;

    private final @Owning GuestTransport transport;
    private final ApEmulation emulation;
    private final Consumer<? super String> log;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long quietMillis;

    private AttachedGuest(@Owning GuestTransport transport, ApPlatform platform, Consumer<? super String> log,
            long quietMillis) {
        this.quietMillis = quietMillis;
        this.transport = transport;
        this.emulation = new ApEmulation(platform.instructions(), platform.ultravisor());
        this.log = log;
    }

    /**
     * Attaches to a guest, which is stopped by it.
     *
     * @param address where QEMU's option {@code -gdb} listens: a path, or {@code localhost:PORT}
     * @param platform who answers: a machine's, or that of a KVM guest, whose matrix then limits what is seen
     * @param log takes one line for each thing worth telling
     * @throws IOException there is no s390x guest
     */
    public static AttachedGuest attach(String address, ApPlatform platform, Consumer<? super String> log)
            throws IOException {
        return over(StubTransport.connect(address, platform.facilities(), log), platform, log);
    }

    /** Attaches to the guest at the other end of a transport, which is closed with it. */
    public static AttachedGuest over(@Owning GuestTransport transport, ApPlatform platform,
            Consumer<? super String> log) {
        return over(transport, platform, log, QUIET_MILLIS);
    }

    static AttachedGuest over(@Owning GuestTransport transport, ApPlatform platform, Consumer<? super String> log,
            long quietMillis) {
        return new AttachedGuest(transport, platform, log, quietMillis);
    }

    /**
     * Returns the version of the QEMU that the guest runs in, empty: it is not known. Called before {@link #run}.
     *
     * @throws IOException the connection broke
     */
    public String version() throws IOException {
        return transport.version();
    }

    /** Returns how many AP instructions were answered. */
    public long answered() {
        return emulation.executed();
    }

    /**
     * Answers AP instructions until the guest ends or {@link #detach} is called.
     *
     * @throws IOException the connection broke in another way than by the guest's end
     */
    public void run() throws IOException {
        Thread watcher = new Thread(this::sayIfQuiet, "quiet guest");
        watcher.setDaemon(true);
        watcher.start();
        try {
            log.accept(switch (transport.serve(emulation)) {
                case GUEST_ENDED -> "the guest has ended after " + answered() + " AP instructions";
                case DETACHED -> transport.hasGuest()
                        ? "detached after " + answered() + " AP instructions; the guest runs on. " + transport.outlook()
                        : "nobody was attached";
            });
        } finally {
            ended.countDown();
        }
    }

    private void sayIfQuiet() {
        try {
            if (!ended.await(quietMillis, TimeUnit.MILLISECONDS) && answered() == 0) {
                log.accept(!transport.hasGuest()
                        ? "no QEMU has come for " + quietMillis / 1000 + " s"
                        : "the guest has not used AP for " + quietMillis / 1000
                                + " s: its kernel has no AP bus, or looked for it"
                                + " before anybody was attached; if 'dmesg' there says that AP is not installed, reboot it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes {@link #run} return soon, with the guest as it was and running. */
    public void detach() {
        transport.detach();
    }

    /** Makes {@link #run} return soon, because the guest's process has ended. */
    public void guestEnded() {
        transport.guestEnded();
    }

    /** Waits until {@link #run} has returned, or the time is over. */
    public void awaitEnd(long millis) throws InterruptedException {
        ended.await(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    @EnsuresCalledMethods(value = "transport", methods = "close")
    public void close() throws IOException {
        transport.close();
    }
}

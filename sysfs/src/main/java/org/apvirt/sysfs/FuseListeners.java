// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Task;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The threads of a mount. One of them listens and answers what it hears at once: a thread that stays hot answers twice as
 * fast as several that take turns. Before a request that may block, it makes another thread the listener; when a request
 * blocks unexpectedly, a watch does so within {@value #WATCH_MILLIS} to twice as many milliseconds.
 *
 * <p><b>Signals.</b> When a program that waits for us gets a signal, the kernel says so once (INTERRUPT), whatever signal it
 * is, and is silent about later ones. So from then on the watch looks at what is pending for the program, and passes
 * it on to the thread that works for it: {@link Task}. Only requests that another listener has left behind can be meant.
 */
final class FuseListeners {
    private static final int WATCH_MILLIS = 10;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final FuseDevice device;
    private final FuseServer server;
    private final ExecutorService threads;
    private final ConcurrentLinkedDeque<FuseDevice.Buffers> spare = new ConcurrentLinkedDeque<>();
    private final Set<Listener> leftBehind = ConcurrentHashMap.newKeySet(); // replaced, and not yet done
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable Listener current;
    private volatile boolean ended;

    FuseListeners(FuseDevice device, FuseServer server) {
        this.device = device;
        this.server = server;
        int mount = COUNT.incrementAndGet();
        AtomicInteger number = new AtomicInteger();
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, "apvirt-fuse-" + mount + '-' + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        threads = Executors.newCachedThreadPool(factory);
    }

    /** Starts listening. */
    void start() {
        replace(null);
        threads.execute(this::watch);
    }

    /** Waits until there is nothing more to hear: the file system is unmounted or its connection aborted. */
    void awaitEnd() throws InterruptedException {
        over.await();
    }

    private synchronized void replace(@Nullable Listener old) {
        if (current == old && !ended) {
            if (old != null) {
                leftBehind.add(old);
            }
            Listener next = new Listener();
            current = next;
            threads.execute(next);
        }
    }

    private synchronized void end() {
        ended = true;
        threads.shutdown();
        over.countDown();
    }

    private void watch() {
        Listener seen = null;
        long busyWith = 0;
        while (!ended) {
            try {
                Thread.sleep(WATCH_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            Listener now = current;
            long working = now == null ? 0 : now.request;
            if (working != 0 && now == seen && working == busyWith) {
                replace(now);
            }
            seen = now;
            busyWith = working;
            leftBehind.forEach(Listener::passSignalsOn);
        }
    }

    private void interrupted(long request) {
        for (Listener listener : leftBehind) {
            listener.interrupted(request);
        }
    }

    /** Listens, and works for the program that asks. */
    private final class Listener implements Runnable, Task {
        private volatile long request; // unique of the one being answered, 0 while waiting; never 0 itself
        private volatile long pid; // of the thread that asks
        @GuardedBy("this")
        private @Nullable Thread thread;
        @GuardedBy("this")
        private boolean signalled; // the kernel has told of a signal
        @GuardedBy("this")
        private boolean fatal;

        @Override
        public void run() {
            if (!device.enter()) {
                return;
            }
            FuseDevice.Buffers buffers = spare.pollFirst();
            if (buffers == null) {
                buffers = new FuseDevice.Buffers();
            }
            synchronized (this) {
                thread = Thread.currentThread();
            }
            Task.enter(this);
            try {
                listen(buffers);
            } finally {
                leftBehind.remove(this);
                spare.addFirst(buffers);
                device.leave();
            }
        }

        private void listen(FuseDevice.Buffers buffers) {
            while (current == this) {
                if (!device.receive(buffers)) {
                    end();
                    return;
                }
                if (buffers.request.opcode() == FuseRequest.INTERRUPT) {
                    FuseListeners.this.interrupted(buffers.request.interrupted());
                    continue;
                }
                pid = buffers.request.pid();
                request = buffers.request.unique();
                if (FuseServer.mayBlock(buffers.request.opcode())) {
                    replace(this);
                }
                int length = server.answer(buffers.request, buffers.reply);
                done();
                if (length > 0) {
                    device.send(buffers, length);
                }
            }
        }

        private synchronized void done() {
            request = 0;
            if (signalled) {
                signalled = false;
                fatal = false;
                Thread.interrupted(); // it was meant for the request that is done
            }
        }

        private synchronized void interrupted(long unique) {
            if (request == unique) {
                signalled = true;
                passSignalsOn();
            }
        }

        private synchronized void passSignalsOn() {
            Thread working = thread;
            if (!signalled || fatal || working == null) {
                return;
            }
            PendingSignals.Effect effect = PendingSignals.of(pid).effect();
            fatal = effect == PendingSignals.Effect.FATAL;
            if (effect != PendingSignals.Effect.NONE) {
                working.interrupt();
            }
        }

        @Override
        public String command() {
            try {
                return Files.readString(Path.of("/proc", Long.toString(pid), "comm"), StandardCharsets.ISO_8859_1)
                        .strip();
            } catch (IOException e) {
                return "?"; // gone, or not ours to see
            }
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public synchronized boolean hasFatalSignal() {
            return fatal;
        }
    }
}

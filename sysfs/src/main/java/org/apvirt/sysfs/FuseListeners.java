package org.apvirt.sysfs;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The threads of a mount. One of them listens and answers what it hears at once: a thread that stays hot answers twice as
 * fast as several that take turns. Before a request that may block, it makes another thread the listener; when a request
 * blocks unexpectedly, a watch does so within {@value #WATCH_MILLIS} to twice as many milliseconds.
 */
final class FuseListeners {
    private static final int WATCH_MILLIS = 10;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final FuseDevice device;
    private final FuseServer server;
    private final ExecutorService threads;
    private final ConcurrentLinkedDeque<FuseDevice.Buffers> spare = new ConcurrentLinkedDeque<>();
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

    private synchronized void replace(@Nullable Listener old) {
        if (current == old && !ended) {
            Listener next = new Listener();
            current = next;
            threads.execute(next);
        }
    }

    private synchronized void end() {
        ended = true;
        threads.shutdown();
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
        }
    }

    private final class Listener implements Runnable {
        private volatile long request; // unique of the one being answered, 0 while waiting; never 0 itself

        @Override
        public void run() {
            if (!device.enter()) {
                return;
            }
            FuseDevice.Buffers buffers = spare.pollFirst();
            if (buffers == null) {
                buffers = new FuseDevice.Buffers();
            }
            try {
                listen(buffers);
            } finally {
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
                request = buffers.request.unique();
                if (FuseServer.mayBlock(buffers.request.opcode())) {
                    replace(this);
                }
                int length = server.answer(buffers.request, buffers.reply);
                if (length > 0) {
                    device.send(buffers, length);
                }
                request = 0;
            }
        }
    }
}

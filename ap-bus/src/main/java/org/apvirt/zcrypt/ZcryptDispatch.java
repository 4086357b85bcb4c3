package org.apvirt.zcrypt;

import java.util.function.Consumer;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApMessage;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.Time;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Task;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Sends requests to the cards that the host's drivers have: of all queues that fit, to the one that will be done with
 * it first. Source: Linux {@code zcrypt_api.c}, {@code zcrypt_rsa_modexpo}, {@code zcrypt_send_cprb} and so on.
 */
public final class ZcryptDispatch {
    /** What a request needs, how it is put, what becomes of the reply. */
    public interface Request {
        /** Tells whether a card can do it. */
        boolean fits(ZcryptCard card);

        /** Tells whether a queue of a card that fits may do it. */
        boolean fits(ZcryptQueue queue);

        /** Returns how long it takes on a card, in the units of {@link ZcryptModel#speed}. */
        int weight(ZcryptCard card);

        /**
         * Returns the message for a queue.
         *
         * @throws ErrnoException the request cannot be put
         */
        ApMessage message(ZcryptQueue queue) throws ErrnoException;

        /** Tells whether it may be sent again if a queue fails with it. */
        default boolean mayBeRepeated() {
            return true;
        }

        /**
         * Takes the reply.
         *
         * @throws ErrnoException what the reply means; EAGAIN: another queue may do better
         */
        void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException;
    }

    private static final int MAX_TRIES = 10;
    private static final int SAME_CARD_PENALTY = 1000;
    private static final int SAME_QUEUE_PENALTY = 10_000;
    private static final long POLL_NANOS = 250_000;
    private static final long SLOW_POLL_NANOS = 40_000_000;
    private static final long BUDGET_NANOS = 960_000_000_000L;

    private final ZcryptModule zcrypt;

    ZcryptDispatch(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
    }

    /**
     * Sends a request and waits for its end. A queue that answers EAGAIN is tried again, but others are preferred.
     *
     * @throws ErrnoException ENODEV: no queue fits, even after the bus was scanned again. EIO: ten times in vain.
     *     EINTR: a signal arrived, the request is cancelled. Else what the request's own methods say
     */
    public void send(Request request) throws ErrnoException {
        ErrnoException failure = tryAll(request);
        ApBus bus = zcrypt.bus();
        if (failure != null && failure.errno() == Errno.ENODEV && bus != null && bus.scan()) {
            failure = tryAll(request);
        }
        if (failure != null) {
            throw failure.errno() == Errno.EAGAIN
                    ? new ErrnoException(Errno.EIO, "tried " + MAX_TRIES + " times")
                    : failure;
        }
    }

    /**
     * Sends a request once and does not wait for its end.
     *
     * @param whenDone is told why it failed, null: it did not. Runs on whichever thread ends the request
     */
    void post(Request request, Consumer<@Nullable ErrnoException> whenDone) {
        ZcryptQueue queue = choose(request, null);
        ApBus bus = zcrypt.bus();
        if (queue == null && bus != null && bus.scan()) {
            queue = choose(request, null);
        }
        if (queue == null) {
            whenDone.accept(new ErrnoException(Errno.ENODEV, "no card that is online can do this"));
            return;
        }
        ZcryptQueue chosen = queue;
        try {
            ApMessage message = request.message(chosen);
            message.whenDone(() -> whenDone.accept(outcome(request, chosen, message)));
            chosen.queue().submit(message);
        } catch (ErrnoException e) {
            whenDone.accept(e);
        }
    }

    private static @Nullable ErrnoException outcome(Request request, ZcryptQueue queue, ApMessage message) {
        try {
            deliver(request, queue, message);
            return null;
        } catch (ErrnoException e) {
            return e;
        }
    }

    private @Nullable ErrnoException tryAll(Request request) {
        ErrnoException failure = null;
        ZcryptQueue last = null;
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            ZcryptQueue queue = choose(request, last);
            if (queue == null) {
                return new ErrnoException(Errno.ENODEV, "no card that is online can do this");
            }
            try {
                exchange(request, queue);
                return null;
            } catch (ErrnoException e) {
                failure = e;
            }
            if (failure.errno() != Errno.EAGAIN) {
                return failure;
            }
            last = queue;
        }
        return failure;
    }

    /** Chooses by weight and load; the number of requests so far decides between equals. */
    private @Nullable ZcryptQueue choose(Request request, @Nullable ZcryptQueue last) {
        ZcryptQueue best = null;
        int bestWeight = 0;
        for (ZcryptCard card : zcrypt.cards()) {
            if (!card.isOnline() || !request.fits(card)) {
                continue;
            }
            int weight = request.weight(card) + (last != null && last.card() == card ? SAME_CARD_PENALTY : 0);
            if (best != null && isWorse(card, weight, best.card(), bestWeight)) {
                continue;
            }
            for (ZcryptQueue queue : card.queues()) {
                if (!queue.isOnline() || !request.fits(queue) || queue.queue().lacksBinding()) {
                    continue;
                }
                int queueWeight = weight + (queue == last ? SAME_QUEUE_PENALTY : 0);
                if (best == null || !isWorse(queue, queueWeight, best, bestWeight)) {
                    best = queue;
                    bestWeight = queueWeight;
                }
            }
        }
        return best;
    }

    private static boolean isWorse(ZcryptCard card, int weight, ZcryptCard best, int bestWeight) {
        int difference = weight + card.load().get() - bestWeight - best.load().get();
        return difference > 0 || difference == 0 && card != best
                && card.card().requestCount() >= best.card().requestCount();
    }

    private static boolean isWorse(ZcryptQueue queue, int weight, ZcryptQueue best, int bestWeight) {
        int difference = weight + queue.load() - bestWeight - best.load();
        return difference > 0 || difference == 0 && queue.queue().requestCount() >= best.queue().requestCount();
    }

    private void exchange(Request request, ZcryptQueue queue) throws ErrnoException {
        int weight = request.weight(queue.card());
        ApMessage message = request.message(queue);
        queue.card().load().addAndGet(weight);
        queue.addLoad(weight);
        try {
            queue.queue().submit(message);
            await(queue.queue(), message);
        } finally {
            queue.addLoad(-weight);
            queue.card().load().addAndGet(-weight);
        }
        deliver(request, queue, message);
    }

    private static void deliver(Request request, ZcryptQueue queue, ApMessage message) throws ErrnoException {
        try {
            Errno failure = message.failure();
            if (failure != null) {
                throw new ErrnoException(failure, "queue " + queue.queue().name() + " gave no reply");
            }
            request.receive(queue, message.reply());
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EAGAIN && !request.mayBeRepeated()
                    ? new ErrnoException(Errno.EIO, e.getMessage() + "; it is not sent again")
                    : e;
        }
    }

    /**
     * Waits on the calling thread, which polls the queue itself: it would otherwise wait for a timer that, where time
     * is virtual, nobody moves on.
     */
    private void await(ApQueue queue, ApMessage message) throws ErrnoException {
        Time time = queue.bus().time();
        long begun = time.nanos();
        for (int polls = 0; !message.isDone(); polls++) {
            // Differs from Linux: a request that never reaches the hardware is given up, not kept for ever.
            if (time.nanos() - begun > BUDGET_NANOS) {
                queue.cancel(message);
                throw new ErrnoException(Errno.EIO, "queue " + queue.name() + " took no request in time");
            }
            if (Task.signalPending()) {
                queue.cancel(message);
                throw new ErrnoException(Errno.EINTR, "a signal arrived before the reply of queue " + queue.name());
            }
            time.sleep(polls < 1000 ? POLL_NANOS : SLOW_POLL_NANOS);
            queue.poll();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApMessage;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.Completion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Sends requests to the cards that the host's drivers have: of all queues that fit, to the one that will be done with
 * it first. Source: Linux {@code zcrypt_api.c}, {@code zcrypt_rsa_modexpo}, {@code zcrypt_send_cprb} and so on.
 */
public final class ZcryptDispatch {
    /** What a request needs, how it is put, what becomes of the reply. */
    public interface Request {
        /** Returns what the trace points call it. */
        ZcryptTrace.Kind kind();

        /** Returns its function, as the trace points tell it. */
        int functionCode();

        /** Returns what success is called by the trace points: usually 0. */
        default int success() {
            return 0;
        }

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

    /** What became of a request so far: {@code struct zcrypt_track}. */
    private static final class Track {
        final long pointer;
        int failures;
        int lastQid; // 0: none, though there is a queue 00.0000
        long psmid; // of the last try

        Track(long pointer) {
            this.pointer = pointer;
        }

        boolean wasOnCard(ZcryptCard card) {
            return failures > 0 && lastQid != 0 && lastQid >> 8 == card.card().apid();
        }

        boolean wasOnQueue(ZcryptQueue queue) {
            return failures > 0 && lastQid != 0 && lastQid == queue.queue().apqn().qid();
        }
    }

    /**
     * The queue for a request.
     *
     * @param load what card and queue count as load while it works: the weight on the card that was looked at last, which
     *     is what the kernel takes
     */
    private record Choice(ZcryptQueue queue, int load) {}

    private final ZcryptModule zcrypt;
    private final AtomicBoolean rescanWanted = new AtomicBoolean(); // a card said that it failed

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
        Track track = new Track(zcrypt.trace().nextPointer());
        ErrnoException failure = tryAll(request, track);
        if (failure != null && failure.errno() == Errno.ENODEV && scan()) {
            failure = tryAll(request, track);
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
        Track track = new Track(zcrypt.trace().nextPointer());
        zcrypt.trace().begins(track.pointer, request.kind());
        Choice choice = choose(request, track);
        if (choice == null) {
            ended(request, track, noQueue());
            if (!scan()) {
                whenDone.accept(noQueue());
                return;
            }
            zcrypt.trace().begins(track.pointer, request.kind());
            choice = choose(request, track);
        }
        if (choice == null) {
            whenDone.accept(ended(request, track, noQueue()));
            return;
        }
        ZcryptQueue chosen = choice.queue;
        track.lastQid = chosen.queue().apqn().qid();
        try {
            ApMessage message = request.message(chosen);
            message.whenDone(() -> {
                track.psmid = message.psmid();
                whenDone.accept(ended(request, track, outcome(request, chosen, message)));
            });
            chosen.queue().submit(message);
        } catch (ErrnoException e) {
            whenDone.accept(ended(request, track, e));
        }
    }

    /** Has the bus scanned because no queue could do it; tells whether it is worth another try. */
    private boolean scan() {
        ApBus bus = zcrypt.bus();
        if (bus == null) {
            return false;
        }
        if (!zcrypt.kernel().has(ZcryptQuirk.SCANS_AFTER_FAILURES_ONLY)) {
            return bus.scan();
        }
        boolean wanted = rescanWanted.getAndSet(false);
        if (wanted) {
            bus.scan();
        }
        return wanted;
    }

    private @Nullable ErrnoException outcome(Request request, ZcryptQueue queue, ApMessage message) {
        try {
            deliver(request, queue, message);
            return null;
        } catch (ErrnoException e) {
            return e;
        }
    }

    private static ErrnoException noQueue() {
        return new ErrnoException(Errno.ENODEV, "no card that is online can do this");
    }

    private @Nullable ErrnoException tryAll(Request request, Track track) {
        ErrnoException failure;
        do {
            failure = tryOnce(request, track);
        } while (failure != null && failure.errno() == Errno.EAGAIN && ++track.failures < MAX_TRIES);
        return failure;
    }

    private @Nullable ErrnoException tryOnce(Request request, Track track) {
        zcrypt.trace().begins(track.pointer, request.kind());
        Choice choice = choose(request, track);
        boolean forgotten = request.kind() == ZcryptTrace.Kind.ZSECSENDCPRB
                && zcrypt.kernel().has(ZcryptQuirk.FORGETS_QUEUE_OF_CPRB);
        track.lastQid = choice == null || forgotten ? 0 : choice.queue.queue().apqn().qid();
        track.psmid = 0;
        if (choice == null) {
            return ended(request, track, noQueue());
        }
        try {
            exchange(request, choice, track);
            return ended(request, track, null);
        } catch (ErrnoException e) {
            return ended(request, track, e);
        }
    }

    /** Tells the trace points how a try ended. */
    private @Nullable ErrnoException ended(Request request, Track track, @Nullable ErrnoException failure) {
        zcrypt.trace().ends(track.pointer, request.functionCode(),
                failure == null ? request.success() : -failure.errno().number(), track.lastQid, track.psmid);
        return failure;
    }

    /** Chooses by weight and load; the number of requests so far decides between equals. */
    private @Nullable Choice choose(Request request, Track track) {
        ZcryptQueue best = null;
        int bestWeight = 0;
        int weight = 0;
        for (ZcryptCard card : zcrypt.cards()) {
            if (!card.isOnline() || !request.fits(card)) {
                continue;
            }
            weight = request.weight(card);
            int cardWeight = weight + (track.wasOnCard(card) ? SAME_CARD_PENALTY : 0);
            if (best != null && isWorse(card, cardWeight, best.card(), bestWeight)) {
                continue;
            }
            for (ZcryptQueue queue : card.queues()) {
                if (!queue.wantedOnline() || !queue.queue().isUsable() || !request.fits(queue)) {
                    continue;
                }
                int queueWeight = cardWeight + (track.wasOnQueue(queue) ? SAME_QUEUE_PENALTY : 0);
                if (best == null || !isWorse(queue, queueWeight, best, bestWeight)) {
                    best = queue;
                    bestWeight = queueWeight;
                }
            }
        }
        return best == null ? null : new Choice(best, weight);
    }

    private static boolean isWorse(ZcryptCard card, int weight, ZcryptCard best, int bestWeight) {
        int difference = weight + card.load().get() - bestWeight - best.load().get();
        return difference > 0 || difference == 0 && card.card().requestCount() >= best.card().requestCount();
    }

    private static boolean isWorse(ZcryptQueue queue, int weight, ZcryptQueue best, int bestWeight) {
        int difference = weight + queue.load() - bestWeight - best.load();
        return difference > 0 || difference == 0 && queue.queue().requestCount() >= best.queue().requestCount();
    }

    private void exchange(Request request, Choice choice, Track track) throws ErrnoException {
        ZcryptQueue queue = choice.queue;
        queue.card().load().addAndGet(choice.load);
        queue.addLoad(choice.load);
        ApMessage message;
        try {
            message = request.message(queue);
            queue.queue().submit(message);
            track.psmid = message.psmid();
            await(queue.queue(), message);
        } finally {
            queue.addLoad(-choice.load);
            queue.card().load().addAndGet(-choice.load);
        }
        deliver(request, queue, message);
    }

    private void deliver(Request request, ZcryptQueue queue, ApMessage message) throws ErrnoException {
        try {
            Errno failure = message.failure();
            if (failure != null) {
                throw new ErrnoException(failure, "queue " + queue.queue().name() + " gave no reply");
            }
            if (ZcryptReply.saysCardFailed(message.reply())) {
                rescanWanted.set(true);
            }
            request.receive(queue, message.reply());
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EAGAIN && !request.mayBeRepeated()
                    ? new ErrnoException(Errno.EIO, e.getMessage() + "; it is not sent again")
                    : e;
        }
    }

    /** Waits for the end of a request, however long that takes: a queue that fails with it is found by a later scan. */
    private static void await(ApQueue queue, ApMessage message) throws ErrnoException {
        Completion done = new Completion(queue.bus().time());
        message.whenDone(done::complete);
        if (done.awaitInterruptibly() == Completion.Outcome.INTERRUPTED) {
            queue.cancel(message);
            throw new ErrnoException(Errno.EINTR, "a signal arrived before the reply of queue " + queue.name());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.ap.ApMessage;
import org.apvirt.arch.Time;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Feeds the kernel's random-number core while a CCA queue is bound: as soon as there is one it asks a card for random
 * bytes, and after a failure again every ten seconds. Without a usable card that makes the bus scan, which user space
 * can see. Numbers that count as no entropy ({@code default_quality=0}) it asks for only once. Source: Linux {@code zcrypt_api.c}, {@code zcrypt_rng_device_add}, {@code zcrypt_rng};
 * {@code drivers/char/hw_random/core.c}, {@code hwrng_fillfn}.
 */
final class RandomFeed implements ZcryptDispatch.Request {
    private static final long RETRY_NANOS = 10_000_000_000L;

    private final ZcryptModule zcrypt;
    private final boolean trusted;
    private volatile int received; // bytes of the last reply
    @GuardedBy("this")
    private int queues; // CCA queues that are bound
    @GuardedBy("this")
    private Time.@Nullable Task next;

    RandomFeed(ZcryptModule zcrypt, boolean trusted) {
        this.zcrypt = zcrypt;
        this.trusted = trusted;
    }

    synchronized void queueAdded() {
        if (++queues == 1) {
            askAfter(0);
        }
    }

    synchronized void queueRemoved() {
        if (--queues == 0 && next != null) {
            next.cancel();
            next = null;
        }
    }

    private synchronized void askAfter(long nanos) {
        next = zcrypt.kernel().time().schedule(nanos, this::ask);
    }

    private void ask() {
        synchronized (this) {
            if (queues == 0) {
                return;
            }
        }
        zcrypt.dispatch().post(this, failure -> {
            if (failure != null && trusted) {
                askAfter(RETRY_NANOS);
            }
        });
    }

    @Override
    public ZcryptTrace.Kind kind() {
        return ZcryptTrace.Kind.HWRNGCPRB;
    }

    @Override
    public int functionCode() {
        return ZcryptModel.Operation.RNG.ordinal();
    }

    /** As many bytes as came. */
    @Override
    public int success() {
        return received;
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return card.isCca();
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        return true;
    }

    @Override
    public int weight(ZcryptCard card) {
        return card.model().speed(ZcryptModel.Operation.RNG);
    }

    @Override
    public ApMessage message(ZcryptQueue queue) {
        byte[] control = RandomRequest.control();
        byte[] message = new byte[Type6Header.LENGTH + control.length];
        Type6Header.init(message, FunctionCode.AGENT_CCA, FunctionCode.RANDOM).toCardLength(1, control.length)
                .fromCardLength(1, control.length).fromCardLength(2, RandomRequest.BYTES);
        System.arraycopy(control, 0, message, Type6Header.LENGTH, control.length);
        Cprbx.at(message, Type6Header.LENGTH).domain(queue.queue().apqn().apqi());
        return new ApMessage(message, false);
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        Type86Header header = ZcryptReply.Kind.CCA.answer(queue, reply);
        Cprbx cprb = Cprbx.at(reply, header.offset1());
        if (cprb.returnCode() != 0 || header.count2() == 0) {
            throw new ErrnoException(Errno.EIO, "no random bytes: " + cprb.returnCode() + '/' + cprb.reasonCode());
        }
        received = header.count2();
    }
}

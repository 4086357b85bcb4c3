// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Time;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How far a queue is usable for a Secure Execution guest. Guarded by its queue.
 * <pre>
 *  bind state                  BAPQ         AAPQ                       F bit of a reset    ZAPQ
 *  2 available for binding     1 (EP11)     Q_NOT_BOUND                2                   2
 *                              0 (accel.)
 *  1 bound, no secret          BIND_ERROR   0, after a time if so set  2                   1
 *  0 usable                    BIND_ERROR   NOT_AVAIL_FOR_ASSOC        2                   1 (EP11), 0 (accelerator)
 *  3 unusable: all CCA cards   BIND_ERROR   NOT_AVAIL_FOR_ASSOC        3                   3
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code se_bind_store}, {@code se_associate_store}.
 */
final class SecureBinding {
    /** Usable, with secure keys where there are any. */
    static final int USABLE = 0;
    /** Usable, but not with secure keys. */
    static final int WITHOUT_SECURE_KEYS = 1;
    /** May be bound. */
    static final int AVAILABLE = 2;
    /** Of no use to a secure guest. */
    static final int UNUSABLE = 3;

    private boolean bound;
    private boolean associated;
    private Time.@Nullable Task association; // completes the running one

    int state(AdapterMode mode) {
        if (mode == AdapterMode.CCA || !bound) {
            return mode == AdapterMode.CCA ? UNUSABLE : AVAILABLE;
        }
        return mode == AdapterMode.ACCELERATOR || associated ? USABLE : WITHOUT_SECURE_KEYS;
    }

    /** Tells whether an association is running. */
    boolean isChanging() {
        return association != null;
    }

    /** BAPQ: returns the response code. */
    int bind(AdapterMode mode) {
        if (state(mode) != AVAILABLE) {
            return ApResponseCode.Q_BIND_ERROR.code();
        }
        bound = true;
        return 0;
    }

    /** Returns why the queue cannot be associated, or 0. */
    private int associable(AdapterMode mode, boolean empty, boolean secretExists) {
        if (state(mode) == AVAILABLE) {
            return ApResponseCode.Q_NOT_BOUND.code();
        }
        if (isChanging()) {
            return ApResponseCode.STATE_CHANGE_IN_PROGRESS.code();
        }
        if (state(mode) != WITHOUT_SECURE_KEYS) {
            return ApResponseCode.Q_NOT_AVAIL_FOR_ASSOC.code();
        }
        if (!empty) {
            return ApResponseCode.Q_NOT_EMPTY.code();
        }
        return secretExists ? 0 : ApResponseCode.INVALID_ASSOC_SECRET.code();
    }

    /**
     * AAPQ: returns the response code.
     *
     * @param completion what is done once it is over, if that takes its time
     */
    int associate(SimulatedMachine machine, AdapterMode mode, boolean empty, long secret, Runnable completion) {
        int refusal = associable(mode, empty, machine.hasSecret(secret));
        if (refusal != 0) {
            return refusal;
        }
        if (machine.associationNanos() == 0) {
            associated();
            return 0;
        }
        association = machine.time().schedule(machine.associationNanos(), completion);
        return ApResponseCode.STATE_CHANGE_IN_PROGRESS.code();
    }

    void associated() {
        association = null;
        associated = true;
    }

    /** RAPQ and ZAPQ. */
    void reset(boolean unbind, boolean zeroize) {
        if (unbind) {
            unbind();
        } else if (zeroize) {
            zeroize();
        }
    }

    /** A reset that zeroizes: the secret is no longer associated. */
    private void zeroize() {
        associated = false;
        if (association != null) {
            association.cancel();
            association = null;
        }
    }

    /** A reset that unbinds. */
    void unbind() {
        zeroize();
        bound = false;
    }
}

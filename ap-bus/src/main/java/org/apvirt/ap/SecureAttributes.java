// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsText;

/**
 * What a queue has besides when this system is a Secure Execution guest: it binds the queue to itself and, if the card
 * is an EP11 coprocessor, associates it with one of its secrets. CCA coprocessors cannot be used by such a guest.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/ap_queue.c}, {@code ap_queue_dev_sb_attrs}.
 */
final class SecureAttributes {
    static final AttributeGroup<ApQueue> ALL = AttributeGroup.of(
            SysfsAttribute.rw("se_bind", SecureAttributes::showBind, SecureAttributes::storeBind),
            SysfsAttribute.rw("se_associate", SecureAttributes::showAssociate, SecureAttributes::storeAssociate));

    private SecureAttributes() {}

    /** Tells whether a secure guest can use queues of this kind at all. */
    private static boolean isSupported(ApQueue queue) {
        return (queue.functions() & (ApHardwareInfo.EP11 | ApHardwareInfo.ACCEL)) != 0;
    }

    /** Tells whether a queue has these attributes: where it has to be bound. */
    static boolean areShown(ApQueue queue) {
        return isSupported(queue) && queue.bus().bindsQueues();
    }

    /** Tells whether a secure guest may send requests to the queue; every other system may. */
    static boolean allowRequests(ApQueue queue) {
        if (!queue.bus().bindsQueues()) {
            return true;
        }
        try {
            return isSupported(queue) && isBound(bindState(queue, ApResponseCode.BUSY));
        } catch (ErrnoException e) {
            return false; // what cannot be asked takes no request either
        }
    }

    private static String showBind(ApQueue queue) throws ErrnoException {
        return isBound(bindState(queue, ApResponseCode.BUSY)) ? "bound\n" : "unbound\n";
    }

    private static boolean isBound(int bindState) {
        return bindState == ApHardwareInfo.USABLE || bindState == ApHardwareInfo.USABLE_WITHOUT_SECURE_KEY;
    }

    /** Asks the machine; EIO if it answers with a response code above the last accepted one. */
    private static int bindState(ApQueue queue, ApResponseCode lastAccepted) throws ErrnoException {
        ApCommands commands = queue.bus().commands();
        int status = commands.tapq(queue.apqn());
        long value = commands.hardwareInfo();
        if (ApQueueStatus.responseCode(status) > lastAccepted.code()) {
            throw new ErrnoException(Errno.EIO, "TAPQ of " + queue.name() + ": " + new ApQueueStatus(status));
        }
        return new ApHardwareInfo(value).bindState();
    }

    private static void storeBind(ApQueue queue, String text) throws ErrnoException {
        if (!SysfsText.parseBoolean(queue.kernel(), text)) {
            queue.bus().stateMachine().unbind(queue);
            return;
        }
        synchronized (queue) {
            if (bindState(queue, ApResponseCode.NORMAL) != ApHardwareInfo.AVAILABLE_FOR_BINDING) {
                throw new ErrnoException(Errno.EINVAL, queue.name() + " is not available for binding");
            }
            if (queue.state.compareTo(QueueStateMachine.State.IDLE) < 0) {
                throw new ErrnoException(Errno.EBUSY, queue.name() + " is being reset");
            }
            int status = queue.bus().commands().bapq(queue.apqn());
            if (ApQueueStatus.responseCode(status) != ApResponseCode.NORMAL.code()) {
                throw new ErrnoException(Errno.EIO, "BAPQ of " + queue.name() + ": " + new ApQueueStatus(status));
            }
            if (!isBound(bindState(queue, ApResponseCode.BUSY))) {
                throw new ErrnoException(Errno.EIO, queue.name() + " is not bound after BAPQ");
            }
        }
        queue.bus().secureBindingEvent(queue, "SE_BIND=1");
    }

    private static boolean isEp11(ApQueue queue) {
        return (queue.functions() & ApHardwareInfo.EP11) != 0;
    }

    private static String showAssociate(ApQueue queue) throws ErrnoException {
        if (!isEp11(queue)) {
            return "-\n";
        }
        synchronized (queue) {
            int bindState = bindState(queue, ApResponseCode.BUSY);
            boolean secretKnown = queue.secret != ApQueue.NO_SECRET;
            if (bindState == ApHardwareInfo.USABLE) {
                if (!secretKnown) { // a reset on our side forgot it, the machine did not
                    throw new ErrnoException(Errno.EIO, queue.name() + " is associated with an unknown secret");
                }
                return "associated " + queue.secret + "\n";
            }
            return bindState == ApHardwareInfo.USABLE_WITHOUT_SECURE_KEY && secretKnown
                    ? "association pending\n"
                    : "unassociated\n";
        }
    }

    private static void storeAssociate(ApQueue queue, String text) throws ErrnoException {
        if (!isEp11(queue)) {
            throw new ErrnoException(Errno.EINVAL, queue.name() + " is no queue of an EP11 coprocessor");
        }
        long secret = SysfsText.parseNumber(text);
        if (Long.compareUnsigned(secret, 0xffff_ffffL) > 0) {
            throw new ErrnoException(Errno.ERANGE, "not a 32-bit number: '" + SysfsText.printable(text) + "'");
        }
        if (secret >= ApQueue.NO_SECRET) {
            throw new ErrnoException(Errno.EINVAL, "index of a secret above 65535: " + secret);
        }
        synchronized (queue) {
            if (bindState(queue, ApResponseCode.NORMAL) != ApHardwareInfo.USABLE_WITHOUT_SECURE_KEY) {
                throw new ErrnoException(Errno.EINVAL, queue.name() + " is not bound, or is associated");
            }
            if (queue.state != QueueStateMachine.State.IDLE) {
                throw new ErrnoException(Errno.EBUSY, queue.name() + " is not idle");
            }
            int status = queue.bus().commands().aapq(queue.apqn(), (int) secret);
            int response = ApQueueStatus.responseCode(status);
            if (response != ApResponseCode.NORMAL.code()
                    && response != ApResponseCode.STATE_CHANGE_IN_PROGRESS.code()) {
                throw new ErrnoException(Errno.EIO, "AAPQ of " + queue.name() + ": " + new ApQueueStatus(status));
            }
        }
        queue.bus().stateMachine().associate(queue, (int) secret);
    }
}

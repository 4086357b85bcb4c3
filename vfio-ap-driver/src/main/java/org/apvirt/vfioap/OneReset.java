// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.device.Kernel;

/**
 * The reset of one queue by kernels that reset one after the other.
 * Source: Linux 6.1 {@code vfio_ap_ops.c}, {@code vfio_ap_mdev_reset_queue}.
 */
final class OneReset {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int TRIES = 2;

    private final Kernel kernel;
    private final ApCommands commands;
    private boolean warned;

    OneReset(Kernel kernel, ApCommands commands) {
        this.kernel = kernel;
        this.commands = commands;
    }

    /** Resets a queue. Returns whether the machine took the reset. */
    boolean run(VfioApQueue queue) {
        ApQueueStatus status = zapq(queue);
        for (int tries = 1; status.response() == ApResponseCode.RESET_IN_PROGRESS && tries < TRIES; tries++) {
            kernel.time().sleep(INTERVAL_NANOS);
            status = zapq(queue);
        }
        switch (status.response()) {
            case NORMAL, RESET_IN_PROGRESS -> verify(queue, status);
            case Q_NOT_AVAIL, DECONFIGURED, CHECKSTOPPED -> {
                // nothing to wait for
            }
            default -> {
                QueueResets.warn(kernel, "PQAP/ZAPQ for " + queue + " failed with invalid rc="
                        + ApQueueStatus.responseCode(status.word()));
                return false;
            }
        }
        queue.interrupt().free();
        return status.response() == ApResponseCode.NORMAL;
    }

    private ApQueueStatus zapq(VfioApQueue queue) {
        int status = commands.zapq(queue.apqn(), false);
        queue.resetStatus(status);
        return new ApQueueStatus(status);
    }

    /** Waits for the reset to take effect. The warning comes once, and even if the last try finds what it should. */
    private void verify(VfioApQueue queue, ApQueueStatus after) {
        ApQueueStatus status = after;
        for (int tries = 0; tries < TRIES; tries++) {
            if (status.isEmpty() && !status.irqEnabled()) {
                break;
            }
            kernel.time().sleep(INTERVAL_NANOS);
            status = new ApQueueStatus(commands.tapq(queue.apqn()));
        }
        boolean atOnce = after.isEmpty() && !after.irqEnabled();
        if (!atOnce && !warned) {
            warned = true;
            QueueResets.warn(kernel, "unable to verify reset of queue " + queue);
        }
    }
}

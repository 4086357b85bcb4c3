// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Time;
import org.apvirt.device.Kernel;

/**
 * Resets queues and waits until the machine says that they are reset. The resets of one call run side by side: all are
 * started, then all are asked every 20 ms. There is no upper bound, as in the kernel: a queue whose reset never ends
 * must not go to anybody else.
 *
 * <pre>
 *  ZAPQ answers           then
 *   00, 02, 05, 0a        verified by TAPQ, below
 *   01 (a 7.2 kernel), 03, 04   no interruption can be left: its resources are freed
 *   anything else         kernel warning
 *
 *  TAPQ answers           then
 *   00, 03, 04            done; but if ZAPQ had answered 02, 05 or 0a, ZAPQ is issued once more and verified
 *   02, 05                asked again
 *   35, 36                ZAPQ is issued once more
 *   01 (a 7.2 kernel)     the resources are freed, done
 *   anything else         kernel warning
 * </pre>
 *
 * <p>Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_mdev_reset_queue}, {@code apq_reset_check}.
 */
final class QueueResets {
    private static final long INTERVAL_MILLIS = 20;

    private final Kernel kernel;
    private final ApCommands commands;
    private final RateLimit waitLines;
    private final OneReset oneReset;

    QueueResets(Kernel kernel, ApCommands commands) {
        this.kernel = kernel;
        this.commands = commands;
        this.oneReset = new OneReset(kernel, commands);
        this.waitLines = new RateLimit(kernel, "apq_reset_check");
    }

    /**
     * Resets queues in the given order and waits for all of them.
     *
     * @return whether each reset was answered with response 00 at last
     */
    boolean resetAll(Collection<VfioApQueue> queues, UpdateLocks held) {
        if (kernel.has(VfioApQuirk.RESETS_ONE_BY_ONE)) {
            boolean done = true;
            for (VfioApQueue queue : queues) {
                done &= oneReset.run(queue);
            }
            return done;
        }
        List<VfioApQueue> unverified = new ArrayList<>(queues.size());
        for (VfioApQueue queue : queues) {
            if (start(queue)) {
                unverified.add(queue);
            }
        }
        Time time = kernel.time();
        for (long waited = INTERVAL_MILLIS; !unverified.isEmpty(); waited += INTERVAL_MILLIS) {
            time.sleep(TimeUnit.MILLISECONDS.toNanos(INTERVAL_MILLIS));
            for (Iterator<VfioApQueue> rest = unverified.iterator(); rest.hasNext();) {
                if (isVerified(rest.next(), waited)) {
                    rest.remove();
                }
            }
        }
        boolean done = true;
        for (VfioApQueue queue : queues) {
            done &= queue.resetResponse() == ApResponseCode.NORMAL;
        }
        return done;
    }

    private boolean goneIsQuiet() {
        return kernel.has(VfioApQuirk.ZAPQ_GONE_IS_QUIET);
    }

    /** Issues ZAPQ. Returns whether the outcome must be verified. */
    private boolean start(VfioApQueue queue) {
        int status = commands.zapq(queue.apqn(), false);
        queue.resetStatus(status);
        ApResponseCode response = ApResponseCode.of(ApQueueStatus.responseCode(status));
        switch (response) {
            case NORMAL, RESET_IN_PROGRESS, BUSY, STATE_CHANGE_IN_PROGRESS -> {
                return true;
            }
            case DECONFIGURED, CHECKSTOPPED -> queue.interrupt().free();
            default -> {
                if (response == ApResponseCode.Q_NOT_AVAIL && goneIsQuiet()) {
                    queue.interrupt().free();
                } else {
                    warn("PQAP/ZAPQ for " + queue + " failed with invalid rc=" + ApQueueStatus.responseCode(status));
                }
            }
        }
        return false;
    }

    /** Asks once. Returns whether nothing is left to wait for. */
    private boolean isVerified(VfioApQueue queue, long waitedMillis) {
        ApQueueStatus status = new ApQueueStatus(commands.tapq(queue.apqn()));
        int code = ApQueueStatus.responseCode(status.word());
        switch (status.response()) {
            case RESET_IN_PROGRESS, BUSY -> {
                waitLines.logUnfinished("Waited " + waitedMillis + "ms for reset of queue " + queue + " (" + code + ", "
                        + (status.isEmpty() ? 1 : 0) + ", " + (status.irqEnabled() ? 1 : 0) + ")");
                return false;
            }
            case NORMAL, DECONFIGURED, CHECKSTOPPED -> {
                switch (queue.resetResponse()) {
                    case RESET_IN_PROGRESS, BUSY, STATE_CHANGE_IN_PROGRESS -> {
                        queue.resetStatus(commands.zapq(queue.apqn(), false));
                        return false;
                    }
                    default -> {
                        queue.interrupt().free();
                        return true;
                    }
                }
            }
            case ASSOC_SECRET_NOT_UNIQUE, ASSOC_FAILED -> {
                queue.resetStatus(commands.zapq(queue.apqn(), false));
                return false;
            }
            default -> {
                if (status.response() == ApResponseCode.Q_NOT_AVAIL && goneIsQuiet()) {
                    queue.interrupt().free();
                } else {
                    warn("failed to verify reset of queue " + queue + ": TAPQ rc=" + code);
                }
                return true;
            }
        }
    }

    private void warn(String text) {
        warn(kernel, text);
    }

    /** A kernel warning, without the dump of registers that a real one has. */
    static void warn(Kernel kernel, String text) {
        kernel.log("------------[ cut here ]------------");
        kernel.log(text);
        kernel.log("WARNING: vfio_ap");
        kernel.log("---[ end trace 0000000000000000 ]---");
    }
}

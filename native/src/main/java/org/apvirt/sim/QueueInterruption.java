// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Pqap;

/** What AQIC set up for a queue: whether and where it interrupts when a first reply arrives. Guarded by its queue. */
final class QueueInterruption {
    private boolean enabled;
    private long control; // GR1 of AQIC: IR, GISC, GISA, ISC
    private long notificationByte;

    boolean isEnabled() {
        return enabled;
    }

    void disable() {
        enabled = false;
    }

    /**
     * AQIC.
     *
     * @param newControl GR1: IR, GISC, GISA, ISC
     * @param nib GR2: absolute address of the notification byte
     * @return the response code
     */
    int control(InterruptController controller, long newControl, long nib) {
        boolean enable = (newControl & Pqap.AQIC_IR) != 0;
        if (enable == enabled) {
            return ApResponseCode.OTHERWISE_CHANGED.code();
        }
        if (enable && !controller.reaches(nib)) {
            return ApResponseCode.INVALID_ADDRESS.code();
        }
        if (enable && !controller.reachesGisa(newControl)) {
            return ApResponseCode.INVALID_GISA.code();
        }
        enabled = enable;
        control = newControl;
        notificationByte = nib;
        return 0;
    }

    /** Interrupts. The queue's monitor is not held. */
    void signal(InterruptController controller) {
        controller.signal(control, notificationByte);
    }
}

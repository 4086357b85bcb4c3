// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

/** Why an s390 machine is reset. Each kind resets the AP bus. Source: QEMU {@code include/hw/s390x/s390-virtio-ccw.h}. */
public enum ResetKind {
    /** From outside, or when the machine starts. */
    EXTERNAL,
    /** The guest loads a kernel anew (DIAGNOSE 308, subcodes 3 and 4). */
    REIPL,
    /** DIAGNOSE 308, subcode 0: clears registers and subsystems. */
    MODIFIED_CLEAR,
    /** DIAGNOSE 308, subcode 1: subsystems only. */
    LOAD_NORMAL
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

/** Is told each change of a guest's masks, after the bytes are written and before the guest's CPUs go on. */
@FunctionalInterface
public interface MaskListener {
    /** Called with the guest's lock held; must not change masks. */
    void onMasks(MaskChange change);
}

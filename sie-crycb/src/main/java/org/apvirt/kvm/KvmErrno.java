// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

/**
 * Results of calls into KVM, as the kernel returns them inside itself: 0 or above is success, a negative error number
 * is a refusal. Source: Linux {@code include/uapi/asm-generic/errno-base.h}.
 */
public final class KvmErrno {
    /** No such device or address. */
    public static final int ENXIO = -6;
    /** Device or resource busy. */
    public static final int EBUSY = -16;
    /** No such device. */
    public static final int ENODEV = -19;
    /** Invalid argument. */
    public static final int EINVAL = -22;
    /** Numerical result out of range. */
    public static final int ERANGE = -34;
    /** Operation not supported. */
    public static final int EOPNOTSUPP = -95;

    private KvmErrno() {}
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whether this process can issue AP instructions, and if not, why. The instruction is really tried, once, in C, guarded
 * against the signal with which Linux answers.
 *
 * @param reason the answer
 * @param detail the answer in one line, for people
 */
public record HardwareProbe(Reason reason, String detail) {
    /** The answers. The order of the first four is that of {@code enum ap_probe_result} in C. */
    public enum Reason {
        /** This process can issue the instructions itself. */
        USABLE,
        /** This is no s390x machine. */
        OTHER_ARCHITECTURE,
        /** Operation exception (SIGILL, ILL_ILLOPC): AP is not installed, or an emulator does not know it. */
        OPERATION,
        /** Privileged-operation exception (SIGILL, ILL_PRVOPC): the instructions exist, but not for a process. */
        PRIVILEGED,
        /** The C library is not there for this machine, or cannot be loaded. */
        LIBRARY_MISSING,
        /** This process cannot, but the kernel helper is loaded and issues them for it. */
        KERNEL_HELPER
    }

    /** Tries TAPQ of APQN 00.0000, and if this process may not do that looks for the kernel helper. */
    public static HardwareProbe run() {
        @Nullable
        String failure = NativeLibrary.failure();
        if (failure != null) {
            return new HardwareProbe(Reason.LIBRARY_MISSING, failure);
        }
        HardwareProbe own = of(Reason.values()[NativeLibrary.probe()]);
        if (own.reason != Reason.PRIVILEGED && own.reason != Reason.OPERATION) {
            return own;
        }
        int helper = KernelHelper.open();
        if (helper >= 0) {
            return of(Reason.KERNEL_HELPER);
        }
        return helper == KernelHelper.NOT_LOADED
                ? own
                : new HardwareProbe(own.reason, own.detail + "; " + KernelHelper.DEVICE + " cannot be opened, errno "
                        + -helper);
    }

    static HardwareProbe of(Reason reason) {
        return new HardwareProbe(reason, switch (reason) {
            case USABLE -> "the AP instructions can be issued";
            case OTHER_ARCHITECTURE -> System.getProperty("os.arch") + " has no AP instructions, only s390x has";
            case OPERATION -> "operation exception: AP is not installed here, or this is an emulator without it";
            case PRIVILEGED -> "privileged-operation exception: AP is installed, but a process may not issue its"
                    + " instructions";
            case LIBRARY_MISSING -> "the C library is missing";
            case KERNEL_HELPER -> "the kernel helper " + KernelHelper.DEVICE + " issues the AP instructions";
        });
    }

    /** Tells whether the instructions can be issued. */
    public boolean isUsable() {
        return reason == Reason.USABLE || reason == Reason.KERNEL_HELPER;
    }

    @Override
    public String toString() {
        return detail;
    }
}

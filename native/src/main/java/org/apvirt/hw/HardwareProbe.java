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
    /** The answers. The order is that of {@code enum ap_probe_result} in C. */
    public enum Reason {
        /** The instructions can be issued. */
        USABLE,
        /** This is no s390x machine. */
        OTHER_ARCHITECTURE,
        /** Operation exception (SIGILL, ILL_ILLOPC): AP is not installed, or an emulator does not know it. */
        OPERATION,
        /** Privileged-operation exception (SIGILL, ILL_PRVOPC): the instructions exist, but not for a process. */
        PRIVILEGED,
        /** The C library is not there for this machine, or cannot be loaded. */
        LIBRARY_MISSING
    }

    /** Tries TAPQ of APQN 00.0000. */
    public static HardwareProbe run() {
        @Nullable
        String failure = NativeLibrary.failure();
        if (failure != null) {
            return new HardwareProbe(Reason.LIBRARY_MISSING, failure);
        }
        return of(Reason.values()[NativeLibrary.probe()]);
    }

    static HardwareProbe of(Reason reason) {
        return new HardwareProbe(reason, switch (reason) {
            case USABLE -> "the AP instructions can be issued";
            case OTHER_ARCHITECTURE -> System.getProperty("os.arch") + " has no AP instructions, only s390x has";
            case OPERATION -> "operation exception: AP is not installed here, or this is an emulator without it";
            case PRIVILEGED -> "privileged-operation exception: AP is installed, but a process may not issue its"
                    + " instructions";
            case LIBRARY_MISSING -> "the C library is missing";
        });
    }

    /** Tells whether the instructions can be issued. */
    public boolean isUsable() {
        return reason == Reason.USABLE;
    }

    @Override
    public String toString() {
        return detail;
    }
}

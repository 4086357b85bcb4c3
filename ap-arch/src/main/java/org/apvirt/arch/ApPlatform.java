// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * What a machine offers to the operating system that runs on it, as far as AP is concerned. A real machine, the
 * simulated machine and the virtual machine of a KVM guest each make one; an AP bus is started on it and cannot tell
 * them apart.
 *
 * @param instructions who answers PQAP, NQAP and DQAP; all of them end in an operation exception if AP is not installed
 * @param facilities what STFLE reports
 * @param firmware configures adapters
 * @param interrupts delivers adapter interruptions
 * @param time the clock of the machine
 * @param isSecureGuest whether it is a Secure Execution guest, which the ultravisor tells the operating system
 * @param ultravisor who answers UVC, if facility {@link Facilities#UVC} is there
 * @param changeReports tells that the AP configuration changed
 */
public record ApPlatform(ApInstructions instructions, Facilities facilities, ApFirmware firmware,
        ApInterrupts interrupts, Time time, boolean isSecureGuest, UltravisorCall ultravisor,
        ApChangeReports changeReports) {
    /** A platform that is no Secure Execution guest and reports no change. */
    public ApPlatform(ApInstructions instructions, Facilities facilities, ApFirmware firmware, ApInterrupts interrupts,
            Time time) {
        this(instructions, facilities, firmware, interrupts, time, false, UltravisorCall.NOT_INSTALLED,
                ApChangeReports.NONE);
    }

    /** Returns the same platform with another source of reports. */
    public ApPlatform reportedBy(ApChangeReports reports) {
        return new ApPlatform(instructions, facilities, firmware, interrupts, time, isSecureGuest, ultravisor, reports);
    }

    /** Returns the same platform as it looks to an operating system that cannot ask the ultravisor. */
    public ApPlatform withoutUltravisor() {
        return new ApPlatform(instructions, facilities.without(Facilities.UVC), firmware, interrupts, time, false,
                UltravisorCall.NOT_INSTALLED, changeReports);
    }
}

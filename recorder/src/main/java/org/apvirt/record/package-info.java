/**
 * Plays scenarios inside a real kernel, whose AP instructions the simulated machine answers, and records what the kernel
 * says. The C side is {@code src/main/c}: the process inside the guest that does the steps.
 *
 * <p>Start at {@link org.apvirt.record.Recorder}. {@link org.apvirt.record.RecordingGuest} is QEMU with the machine
 * attached, {@link org.apvirt.record.Agent} the line to the process inside, {@link org.apvirt.record.StepRecorder} one
 * step after the other.
 *
 * <p>Not done: virtual machines inside the guest. QEMU's TCG has no SIE, so KVM does not start there.
 */
package org.apvirt.record;

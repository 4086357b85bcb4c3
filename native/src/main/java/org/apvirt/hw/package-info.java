/**
 * The AP instructions of the machine that this program runs on, through JNI. The C side is {@code src/main/c}: the
 * instructions themselves (after Linux {@code arch/s390/include/asm/ap.h}), a guard that survives the signal with which
 * Linux answers them, and the layouts as C structures.
 *
 * <p>Start at {@link org.apvirt.hw.ApHardware}, which opens the hardware or tells why not, and at
 * {@link org.apvirt.hw.HardwareProbe} for that reason. {@link org.apvirt.hw.NativeInstructions} issues.
 *
 * <p>PQAP, NQAP and DQAP are privileged: a process on a real machine gets {@code PRIVILEGED}, always. The same C file
 * runs where they are allowed, in a kernel or a freestanding program.
 */
package org.apvirt.hw;

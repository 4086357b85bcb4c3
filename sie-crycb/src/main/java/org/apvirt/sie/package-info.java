/**
 * The control blocks that give a guest its AP queues, and what the machine does with them, after Linux
 * {@code arch/s390/include/asm/kvm_host_types.h} and {@code arch/s390/kvm/vsie.c}.
 *
 * <p>Start at {@link org.apvirt.sie.SieBlock} (one guest CPU) and {@link org.apvirt.sie.Crycb} (the rights of one guest).
 * {@link org.apvirt.sie.InterpretedInstructions} is the machine that reads both, {@link org.apvirt.sie.ShadowCrycb} what a
 * host makes of them for a nested guest, {@link org.apvirt.sie.CrycbDump} a block in words.
 *
 * <p>Each block is a view of bytes. Bits are numbered from the left; every access is big-endian. Not modelled: the
 * fields of the SIE state description that have nothing to do with AP.
 */
package org.apvirt.sie;

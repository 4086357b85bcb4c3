/**
 * The AP architecture: numbers, masks, words and the instruction interface that every other layer shares, after
 * Linux {@code arch/s390/include/asm/ap.h}.
 *
 * <p>Start at {@link org.apvirt.arch.Apqn} (which queue), {@link org.apvirt.arch.ApMask} (which adapters and domains)
 * and {@link org.apvirt.arch.ApInstructions} (PQAP, NQAP, DQAP at register level). {@link org.apvirt.arch.ApCommands}
 * is the typed way to issue them; {@link org.apvirt.arch.ApPlatform} is what a machine, real, simulated or virtual,
 * offers to the operating system that runs on it.
 *
 * <p>Bits are numbered as the architecture numbers them: bit 0 is the leftmost. Nothing here knows who answers an
 * instruction.
 */
package org.apvirt.arch;

/**
 * A simulated machine: AP adapters, their queues and the three instructions that reach them, bytes in and bytes out.
 *
 * <p>Start at {@link org.apvirt.sim.SimulatedMachine}, which an operating system is booted on through
 * {@link org.apvirt.sim.SimulatedMachine#platform()}. {@link org.apvirt.sim.SimulatedAdapter} is a card,
 * {@link org.apvirt.sim.SimulatedQueue} one of its domains.
 *
 * <p>What it does follows what Linux relies on in {@code arch/s390/include/asm/ap.h} and
 * {@code drivers/s390/crypto/ap_queue.c}; the architecture of the instructions themselves is not public.
 */
package org.apvirt.sim;

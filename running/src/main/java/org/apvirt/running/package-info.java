/**
 * A machine that runs in real time: a booted host with its guests, and everything that can be asked of it or done to it from
 * outside. Start at {@link org.apvirt.running.RunningMachine}. {@link org.apvirt.running.MachineControl} is the operator at the
 * machine's console and the root user at its shell, {@link org.apvirt.running.Guests} the QEMU processes ({@code GuestRegistry}: who is there),
 * {@link org.apvirt.running.Jobs} what may have to wait, {@link org.apvirt.running.Journal} what happened.
 *
 * <p>Nothing here knows of HTTP; {@code org.apvirt.running.http} puts these types on a socket.
 */
package org.apvirt.running;

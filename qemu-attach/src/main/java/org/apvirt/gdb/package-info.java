/**
 * Virtual crypto cards for a real s390x guest: QEMU's TCG has no AP instructions, so each of them is an operation
 * exception; this package stops the guest there through QEMU's gdb stub, has the instruction answered, and lets the
 * guest go on.
 *
 * <p>Start at {@link org.apvirt.gdb.AttachedGuest}. It has a {@link org.apvirt.gdb.GuestTransport}, on which
 * instructions come and results go, and an {@link org.apvirt.gdb.ApEmulation}, which knows no transport.
 * {@link org.apvirt.gdb.StubTransport} is the loop of stops; {@link org.apvirt.gdb.Trampoline} is the code that it plants
 * in the guest's lowcore so that only AP instructions stop, {@link org.apvirt.gdb.FacilityPatch} makes the guest's kernel
 * see the facilities, {@link org.apvirt.gdb.SiePatch} has its module kvm load where that is asked for,
 * {@link org.apvirt.gdb.RspConnection} speaks the gdb remote protocol.
 *
 * <p>Not done: adapter interruptions of the guest (the stub cannot inject them; facility 65 stays off and Linux polls).
 */
package org.apvirt.gdb;

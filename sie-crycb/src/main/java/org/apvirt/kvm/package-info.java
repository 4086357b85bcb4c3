/**
 * What KVM does for the AP instructions of a guest, after Linux {@code arch/s390/kvm/kvm-s390.c}, {@code priv.c} and
 * {@code interrupt.c}, and the part of {@code virt/kvm/kvm_main.c} that leads to a virtual machine: {@code /dev/kvm}.
 *
 * <p>Start at {@link org.apvirt.kvm.KvmGuest} and {@link org.apvirt.kvm.KvmCpu}; for user space at
 * {@link org.apvirt.kvm.Kvm}. vfio_ap comes in as a {@link org.apvirt.kvm.PqapHook}, VFIO as a device that virtual
 * machines can have. Not modelled: everything of a virtual machine that has nothing to do with AP.
 */
package org.apvirt.kvm;

/**
 * What KVM does for the AP instructions of a guest, after Linux {@code arch/s390/kvm/kvm-s390.c}, {@code priv.c} and
 * {@code interrupt.c}.
 *
 * <p>Start at {@link org.apvirt.kvm.KvmGuest} and {@link org.apvirt.kvm.KvmCpu}; vfio_ap comes in as a
 * {@link org.apvirt.kvm.PqapHook}. Not modelled: everything of a virtual machine that has nothing to do with
 * AP.
 */
package org.apvirt.kvm;

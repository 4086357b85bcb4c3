package org.apvirt.kvm;

import org.apvirt.sie.SieBlock;

/** One CPU of a guest: its SIE block. Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code struct kvm_vcpu}. */
public final class KvmCpu {
    private final KvmGuest guest;
    private final SieBlock sieBlock = SieBlock.at(new byte[SieBlock.LENGTH], 0);

    KvmCpu(KvmGuest guest) {
        this.guest = guest;
    }

    /** Returns the guest. */
    public KvmGuest guest() {
        return guest;
    }

    /** Returns the state description. */
    public SieBlock sieBlock() {
        return sieBlock;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.random.RandomGenerator;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.SieBlock;

/**
 * The crypto attributes of a virtual machine, and what they put into the SIE block of each CPU.
 *
 * <table>
 * <caption>Attributes of group {@link #GROUP}</caption>
 * <tr><th>number</th><th>has</th><th>set</th></tr>
 * <tr><td>0 ENABLE_AES_KW, 1 ENABLE_DEA_KW</td><td>0</td><td>EINVAL without facility 76; new random mask</td></tr>
 * <tr><td>2 DISABLE_AES_KW, 3 DISABLE_DEA_KW</td><td>0</td><td>EINVAL without facility 76; zero mask</td></tr>
 * <tr><td>4 ENABLE_APIE, 5 DISABLE_APIE</td><td>ENXIO without AP</td><td>EOPNOTSUPP without AP</td></tr>
 * <tr><td>others</td><td>ENXIO</td><td>ENXIO</td></tr>
 * </table>
 *
 * <p>They are set through {@link KvmGuest#setAttribute}, also while CPUs exist.
 *
 * <p>Source: Linux {@code arch/s390/kvm/kvm-s390.c}, {@code kvm_s390_vm_set_crypto}, {@code kvm_s390_vcpu_crypto_setup};
 * {@code arch/s390/include/uapi/asm/kvm.h}.
 */
public final class CryptoAttributes {
    /** Number of the attribute group, KVM_S390_VM_CRYPTO. */
    public static final int GROUP = 2;
    /** Attribute: AES keys are wrapped with a mask of this guest's own. */
    public static final int ENABLE_AES_KW = 0;
    /** Attribute: DEA keys are wrapped with a mask of this guest's own. */
    public static final int ENABLE_DEA_KW = 1;
    /** Attribute: AES keys are not wrapped for this guest. */
    public static final int DISABLE_AES_KW = 2;
    /** Attribute: DEA keys are not wrapped for this guest. */
    public static final int DISABLE_DEA_KW = 3;
    /** Attribute: the machine interprets the guest's AP instructions. */
    public static final int ENABLE_APIE = 4;
    /** Attribute: the guest's AP instructions are intercepted, that is not installed. */
    public static final int DISABLE_APIE = 5;

    private final Crycb crycb;
    private final boolean hostHasAp;
    private final int protectedKeys;
    private final RandomGenerator random;
    private boolean aesKw; // this and the others: written with the guest's lock held
    private boolean deaKw;
    private boolean apie;

    CryptoAttributes(Crycb crycb, boolean hostHasAp, KvmOptions options) {
        this.crycb = crycb;
        this.hostHasAp = hostHasAp;
        this.protectedKeys = options.protectedKeys();
        this.random = options.random();
    }

    /** Tells whether there is an attribute. */
    boolean has(int attribute) {
        return switch (attribute) {
            case ENABLE_AES_KW, ENABLE_DEA_KW, DISABLE_AES_KW, DISABLE_DEA_KW -> true;
            case ENABLE_APIE, DISABLE_APIE -> hostHasAp;
            default -> false;
        };
    }

    /** Sets an attribute. The guest's lock is held and its CPUs are out of SIE. */
    void set(int attribute, boolean msa3) throws ErrnoException {
        boolean apAttribute = attribute == ENABLE_APIE || attribute == DISABLE_APIE;
        if (apAttribute && !hostHasAp) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "the host has no AP instructions");
        }
        if (!has(attribute)) {
            throw new ErrnoException(Errno.ENXIO, "attribute " + attribute + " of group " + GROUP);
        }
        if (!apAttribute && !msa3) {
            throw new ErrnoException(Errno.EINVAL, "the CPU model has no facility 76");
        }
        switch (attribute) {
            case ENABLE_AES_KW, DISABLE_AES_KW -> wrapAes(attribute == ENABLE_AES_KW);
            case ENABLE_DEA_KW, DISABLE_DEA_KW -> wrapDea(attribute == ENABLE_DEA_KW);
            default -> apie = attribute == ENABLE_APIE;
        }
    }

    /** As a virtual machine begins: both kinds of keys are wrapped. */
    void wrapKeys() {
        wrapAes(true);
        wrapDea(true);
    }

    private void wrapAes(boolean on) {
        aesKw = on;
        crycb.aesMask(mask(on, Crycb.AES_MASK_LENGTH));
    }

    private void wrapDea(boolean on) {
        deaKw = on;
        crycb.deaMask(mask(on, Crycb.DEA_MASK_LENGTH));
    }

    private byte[] mask(boolean on, int length) {
        byte[] mask = new byte[length];
        if (on) {
            random.nextBytes(mask);
        }
        return mask;
    }

    /**
     * Puts the attributes into a SIE block. A CPU with neither APIE nor facility 76 stays without CRYCB.
     *
     * @param crycbd the designation of the virtual machine's CRYCB
     */
    void setUp(SieBlock sie, int crycbd, boolean msa3) {
        if (!apie && !msa3) {
            return;
        }
        sie.crycbd(crycbd);
        sie.eca(sie.eca() & ~SieBlock.ECA_APIE | (apie ? SieBlock.ECA_APIE : 0));
        sie.ecb3(sie.ecb3() & ~(SieBlock.ECB3_AES | SieBlock.ECB3_DEA) | (aesKw ? SieBlock.ECB3_AES : 0)
                | (deaKw ? SieBlock.ECB3_DEA : 0));
        int keys = SieBlock.ECD_ECC | SieBlock.ECD_HMAC;
        sie.ecd(sie.ecd() & ~keys | (aesKw ? protectedKeys & keys : 0));
    }
}

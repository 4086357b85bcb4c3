// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

/**
 * A view of a SIE state description, the operand of the instruction that runs a guest CPU; the fields that matter for
 * AP. It copies nothing.
 * <pre>
 *  offset  length  field
 *  0x04c      4    eca: execution controls A; bit 28 APIE, bit 10 AIV
 *  0x050      1    icptcode: why the guest left SIE
 *  0x056      2    ipa: interception parameters A, the intercepted instruction's first halfword
 *  0x058      4    ipb: interception parameters B, the rest of the instruction
 *  0x061      1    ecb    0x062 ecb2
 *  0x063      1    ecb3: 0x08 DEA, 0x04 AES protected keys
 *  0x070      4    gd: GISA designation; bit 31 format 1
 *  0x0fc      4    crycbd: CRYCB designation; the low two bits are the {@link CrycbFormat format}
 *  0x1a0      4    fac: address of the facility list
 *  0x1c8      4    ecd: execution controls D; ECC, HMAC protected keys
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct kvm_s390_sie_block}.
 */
public final class SieBlock extends ControlBlock {
    /** Length in bytes. */
    public static final int LENGTH = 0x200;
    /** Offset of eca. */
    public static final int ECA_OFFSET = 0x4c;
    /** Offset of icptcode. */
    public static final int ICPTCODE_OFFSET = 0x50;
    /** Offset of ipa. */
    public static final int IPA_OFFSET = 0x56;
    /** Offset of ipb. */
    public static final int IPB_OFFSET = 0x58;
    /** Offset of ecb. */
    public static final int ECB_OFFSET = 0x61;
    /** Offset of ecb2. */
    public static final int ECB2_OFFSET = 0x62;
    /** Offset of ecb3. */
    public static final int ECB3_OFFSET = 0x63;
    /** Offset of gd. */
    public static final int GD_OFFSET = 0x70;
    /** Offset of crycbd. */
    public static final int CRYCBD_OFFSET = 0xfc;
    /** Offset of fac. */
    public static final int FAC_OFFSET = 0x1a0;
    /** Offset of ecd. */
    public static final int ECD_OFFSET = 0x1c8;

    /** eca: condition-external interpretation. */
    public static final int ECA_CEI = 0x8000_0000;
    /** eca: interlock and broadcast. */
    public static final int ECA_IB = 0x4000_0000;
    /** eca: SIGP interpretation. */
    public static final int ECA_SIGPI = 0x1000_0000;
    /** eca: adapter interruptions are virtualized, a GISA is in use. */
    public static final int ECA_AIV = 0x0020_0000;
    /** eca: the machine interprets the AP instructions of the guest. */
    public static final int ECA_APIE = 0x0000_0008;
    /** eca: SIE itself is interpreted. */
    public static final int ECA_SII = 0x0000_0001;

    /** icptcode: an instruction was intercepted. */
    public static final int ICPT_INSTRUCTION = 0x04;
    /** icptcode: the state description is not valid; the reason is in the upper half of ipb. */
    public static final int ICPT_VALIDITY = 0x20;
    /** icptcode: an instruction of a protected guest. */
    public static final int ICPT_PV_INSTRUCTION = 0x68;
    /** icptcode: notification about an instruction of a protected guest. */
    public static final int ICPT_PV_NOTIFICATION = 0x6c;

    /** ipa of NQAP. */
    public static final int IPA_NQAP = 0xb2ad;
    /** ipa of DQAP. */
    public static final int IPA_DQAP = 0xb2ae;
    /** ipa of PQAP. */
    public static final int IPA_PQAP = 0xb2af;
    /** ipa of a validity interception. */
    public static final int IPA_VALIDITY = 0x1000;

    /** ecb3: DEA protected keys. */
    public static final int ECB3_DEA = 0x08;
    /** ecb3: AES protected keys. */
    public static final int ECB3_AES = 0x04;
    /** ecd: ECC protected keys. */
    public static final int ECD_ECC = 0x0020_0000;
    /** ecd: HMAC protected keys. */
    public static final int ECD_HMAC = 0x0000_4000;
    /** gd: the GISA has format 1. */
    public static final int GISA_FORMAT_1 = 0x0000_0001;
    /** crycbd: the address bits. */
    public static final int CRYCBD_ADDRESS = 0x7fff_fff8;

    private SieBlock(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Wraps the 512 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static SieBlock at(byte[] storage, int origin) {
        return new SieBlock(storage, origin);
    }

    /** Returns the execution controls A. */
    public int eca() {
        return word(ECA_OFFSET);
    }

    /** Stores the execution controls A. */
    public void eca(int eca) {
        word(ECA_OFFSET, eca);
    }

    /** Tells whether the machine interprets the guest's AP instructions. */
    public boolean apie() {
        return (eca() & ECA_APIE) != 0;
    }

    /** Tells whether adapter interruptions are virtualized. */
    public boolean aiv() {
        return (eca() & ECA_AIV) != 0;
    }

    /** Returns the interception code, 0..255. */
    public int icptcode() {
        return byteAt(ICPTCODE_OFFSET);
    }

    /** Stores the interception code. */
    public void icptcode(int icptcode) {
        byteAt(ICPTCODE_OFFSET, icptcode);
    }

    /** Returns the interception parameters A, 0..0xffff. */
    public int ipa() {
        return halfword(IPA_OFFSET);
    }

    /** Stores the interception parameters A. */
    public void ipa(int ipa) {
        halfword(IPA_OFFSET, ipa);
    }

    /** Returns the interception parameters B. */
    public int ipb() {
        return word(IPB_OFFSET);
    }

    /** Stores the interception parameters B. */
    public void ipb(int ipb) {
        word(IPB_OFFSET, ipb);
    }

    /** Stores an interception: why, and which instruction. */
    public void intercept(int icptcode, int ipa, int ipb) {
        icptcode(icptcode);
        ipa(ipa);
        ipb(ipb);
    }

    /** Returns ecb3, 0..255. */
    public int ecb3() {
        return byteAt(ECB3_OFFSET);
    }

    /** Stores ecb3. */
    public void ecb3(int ecb3) {
        byteAt(ECB3_OFFSET, ecb3);
    }

    /** Returns the GISA designation, 0 if there is none. */
    public int gd() {
        return word(GD_OFFSET);
    }

    /** Stores the GISA designation. */
    public void gd(int gd) {
        word(GD_OFFSET, gd);
    }

    /** Returns the CRYCB designation, address and format; 0 if the guest CPU has no CRYCB. */
    public int crycbd() {
        return word(CRYCBD_OFFSET);
    }

    /** Stores the CRYCB designation. */
    public void crycbd(int crycbd) {
        word(CRYCBD_OFFSET, crycbd);
    }

    /** Returns the address of the CRYCB. */
    public int crycbAddress() {
        return crycbd() & CRYCBD_ADDRESS;
    }

    /** Returns the format of the CRYCB. */
    public CrycbFormat crycbFormat() {
        return CrycbFormat.of(crycbd());
    }

    /** Returns the address of the facility list. */
    public int fac() {
        return word(FAC_OFFSET);
    }

    /** Stores the address of the facility list. */
    public void fac(int fac) {
        word(FAC_OFFSET, fac);
    }

    /** Returns the execution controls D. */
    public int ecd() {
        return word(ECD_OFFSET);
    }

    /** Stores the execution controls D. */
    public void ecd(int ecd) {
        word(ECD_OFFSET, ecd);
    }
}

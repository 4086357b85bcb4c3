// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

/**
 * Request numbers of {@code /dev/z90crypt} and the layouts of what they point to. All fields are big-endian, structures
 * of pointers have 64-bit ones.
 * <pre>
 *  ICARSAMODEXPO, 48 bytes: 0 input, 8 its length (4), 16 output, 24 its length (4), 32 exponent, 40 modulus
 *  ICARSACRT, 72 bytes:     0 input, 8 its length (4), 16 output, 24 its length (4), 32 dp, 40 dq, 48 p, 56 q, 64 u
 *  ZSECSENDCPRB, 94 bytes:  0 agent (2), 2 adapter (4), 6 request id (2), 8 length of the request's control block (4),
 *                           20 its address, 28 length of its data (4), 40 their address,
 *                           48 length of the reply's control block (4), 60 its address, 68 length of its data (4),
 *                           80 their address, 88 priority window (2), 90 status (4)
 *  ZSENDEP11CPRB, 58 bytes: 0 number of targets (2), 2 their address, 10 weight (8), 18 request number (8),
 *                           26 length of the request (8), 34 its address, 42 length of the reply (8), 50 its address
 * </pre>
 * Source: Linux {@code arch/s390/include/uapi/asm/zcrypt.h}.
 */
public final class ZcryptIoctl {
    /** RSA, exponent and modulus. */
    public static final int ICARSAMODEXPO = 0xc000_7a05;
    /** RSA, CRT. */
    public static final int ICARSACRT = 0xc000_7a06;
    /** One word per APQN. */
    public static final int ZCRYPT_DEVICE_STATUS = 0xc000_7a5f;
    /** One byte per card: its kind. */
    public static final int ZCRYPT_STATUS_MASK = 0x8100_7a58;
    /** One byte per card: requests that wait. */
    public static final int ZCRYPT_QDEPTH_MASK = 0x8100_7a59;
    /** One word per card: requests so far. */
    public static final int ZCRYPT_PERDEV_REQCNT = 0x8400_7a5a;
    /** One word per APQN of the first 64 adapters. */
    public static final int ZDEVICESTATUS = 0xc000_7a4f;
    /** As {@link #ZCRYPT_STATUS_MASK}, 64 adapters. */
    public static final int Z90STAT_STATUS_MASK = 0x8040_7a48;
    /** As {@link #ZCRYPT_QDEPTH_MASK}, 64 adapters. */
    public static final int Z90STAT_QDEPTH_MASK = 0x8040_7a49;
    /** As {@link #ZCRYPT_PERDEV_REQCNT}, 64 adapters. */
    public static final int Z90STAT_PERDEV_REQCNT = 0x8100_7a4a;
    /** Requests that wait. */
    public static final int Z90STAT_REQUESTQ_COUNT = 0x8004_7a44;
    /** Requests being worked on. */
    public static final int Z90STAT_PENDINGQ_COUNT = 0x8004_7a45;
    /** Open files. */
    public static final int Z90STAT_TOTALOPEN_COUNT = 0x8004_7a46;
    /** The default domain. */
    public static final int Z90STAT_DOMAIN_INDEX = 0x8004_7a47;
    /** A request to an EP11 coprocessor. */
    public static final int ZSENDEP11CPRB = 0xc000_7a04;
    /** A request to a CCA coprocessor. */
    public static final int ZSECSENDCPRB = 0xc000_7a81;

    /** Adapters that there can be. */
    public static final int CARDS = 256;
    /** Adapters that the older requests know. */
    static final int OLD_CARDS = 64;

    /** Bytes of ICARSAMODEXPO. */
    public static final int MODEXPO_LENGTH = 48;
    /** Bytes of ICARSACRT. */
    public static final int CRT_LENGTH = 72;
    /** Bytes of {@code struct ica_xcRB}, of ZSECSENDCPRB. */
    public static final int XCRB_LENGTH = 94;
    /** Bytes of {@code struct ep11_urb}, of ZSENDEP11CPRB. */
    public static final int EP11_URB_LENGTH = 58;
    /** What precedes p, dp and u of a CRT key, in bytes. */
    public static final int CRT_PAD = 8;

    /** Field of both RSA structures: bytes of the input. */
    public static final int RSA_INPUT_LENGTH = 8;
    /** Field of both RSA structures: bytes of the output. */
    public static final int RSA_OUTPUT_LENGTH = 24;

    /** Field of ica_xcRB: the adapter. */
    public static final int XCRB_ADAPTER = 2;
    /** Field of ica_xcRB: bytes of the request's control block. */
    public static final int XCRB_CONTROL_LENGTH = 8;
    /** Field of ica_xcRB: pointer to the request's control block. */
    public static final int XCRB_CONTROL = 20;
    /** Field of ica_xcRB: bytes of the request's data. */
    public static final int XCRB_DATA_LENGTH = 28;
    /** Field of ica_xcRB: pointer to the request's data. */
    public static final int XCRB_DATA = 40;
    /** Field of ica_xcRB: bytes of the reply's control block. */
    public static final int XCRB_REPLY_CONTROL_LENGTH = 48;
    /** Field of ica_xcRB: pointer to the reply's control block. */
    public static final int XCRB_REPLY_CONTROL = 60;
    /** Field of ica_xcRB: bytes of the reply's data. */
    public static final int XCRB_REPLY_DATA_LENGTH = 68;
    /** Field of ica_xcRB: pointer to the reply's data. */
    public static final int XCRB_REPLY_DATA = 80;
    /** Field of ica_xcRB: the status. */
    public static final int XCRB_STATUS = 90;

    /** Field of ep11_urb: pointer to the targets. */
    public static final int EP11_TARGETS = 2;
    /** Field of ep11_urb: bytes of the request. */
    public static final int EP11_REQUEST_LENGTH = 26;
    /** Field of ep11_urb: pointer to the request. */
    public static final int EP11_REQUEST = 34;
    /** Field of ep11_urb: bytes of the reply. */
    public static final int EP11_REPLY_LENGTH = 42;
    /** Field of ep11_urb: pointer to the reply. */
    public static final int EP11_REPLY = 50;

    private ZcryptIoctl() {}
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * Control block of a CCA request and of its reply. The parameter block follows it directly and begins with the function
 * code.
 * <pre>
 *  offset length field                         offset length field
 *   0x00    2    length, 0xdc                   0x24    4    req_extbl
 *   0x02    1    version, 2                     0x2c    4    rpld_extbl
 *   0x03    1    ctfm                           0x30  6*16   addresses of the requester
 *   0x06    2    identifier, T2                 0x90    2    return code
 *   0x08    4    flags                          0x92    2    reason code
 *   0x0c    4    req_parml: parameters          0x94    4    mac_data_len
 *   0x10    4    req_datal: data                0x98    8    logon_id
 *   0x14    4    rpl_msgbl: room for a reply    0xa0    8    mac_value
 *   0x18    4    rpld_parml: reply parameters   0xa8    1    mac flags
 *   0x1c    4    rpl_datal: room for data       0xaa    2    domain, 0xffff: any
 *   0x20    4    rpld_datal: reply data         0xac   48    0
 * </pre>
 * Source: Linux {@code arch/s390/include/uapi/asm/zcrypt.h}, {@code struct CPRBX}.
 */
public final class Cprbx extends MessageBlock {
    /** Length in bytes. */
    public static final int LENGTH = 0xdc;
    /** Version byte. */
    public static final int VERSION = 0x02;
    /** Domain field of a request that any domain may answer. */
    public static final int ANY_DOMAIN = 0xffff;

    private Cprbx(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Views a control block.
     *
     * @throws IndexOutOfBoundsException if it does not lie inside the message
     */
    public static Cprbx at(byte[] message, int origin) {
        return new Cprbx(message, origin);
    }

    /** Writes length, version and identifier. */
    public static Cprbx init(byte[] message, int origin, int identifier) {
        Cprbx block = new Cprbx(message, origin);
        block.u16(0x00, LENGTH);
        block.u8(0x02, VERSION);
        block.u16(0x06, identifier);
        return block;
    }

    /** Returns the length field. */
    public int lengthBytes() {
        return u16(0x00);
    }

    /** Returns the version byte. */
    public int version() {
        return u8(0x02);
    }

    /** Returns the identifier, for example T2. */
    public int identifier() {
        return u16(0x06);
    }

    /** Returns the bytes of the request's parameter block. */
    public int requestParameterLength() {
        return i32(0x0c);
    }

    /** Stores the bytes of the request's parameter block. */
    public Cprbx requestParameterLength(int length) {
        i32(0x0c, length);
        return this;
    }

    /** Stores the bytes of the request's data. */
    public Cprbx requestDataLength(int length) {
        i32(0x10, length);
        return this;
    }

    /** Stores the room for the reply's control and parameter block. */
    public Cprbx replyRoom(int length) {
        i32(0x14, length);
        return this;
    }

    /** Returns the bytes of the reply's parameter block. */
    public int replyParameterLength() {
        return i32(0x18);
    }

    /** Stores the bytes of the reply's parameter block. */
    public Cprbx replyParameterLength(int length) {
        i32(0x18, length);
        return this;
    }

    /** Returns the room for the reply's data. */
    public int replyDataRoom() {
        return i32(0x1c);
    }

    /** Stores the room for the reply's data. */
    public Cprbx replyDataRoom(int length) {
        i32(0x1c, length);
        return this;
    }

    /** Stores the bytes of the reply's data. */
    public Cprbx replyDataLength(int length) {
        i32(0x20, length);
        return this;
    }

    /** Returns the return code. */
    public int returnCode() {
        return u16(0x90);
    }

    /** Returns the reason code. */
    public int reasonCode() {
        return u16(0x92);
    }

    /** Stores return and reason code. */
    public Cprbx result(int returnCode, int reasonCode) {
        u16(0x90, returnCode);
        u16(0x92, reasonCode);
        return this;
    }

    /** Returns the domain, {@link #ANY_DOMAIN} if it does not matter. */
    public int domain() {
        return u16(0xaa);
    }

    /** Stores the domain. */
    public Cprbx domain(int domain) {
        u16(0xaa, domain);
        return this;
    }
}

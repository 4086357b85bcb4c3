// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * Control block of an EP11 request and of its reply. The payload ({@link Ep11Payload}) follows it directly.
 * <pre>
 *  offset length field
 *   0x00    2    length, 0x20
 *   0x02    1    version, 4
 *   0x05    1    flags: 0x80 administration, 0x20 special command
 *   0x06    2    identifier, T4
 *   0x08    4    source id
 *   0x0c    4    target id: the domain
 *   0x10    4    return code, 0xffffffff in a request
 *   0x14    8    0
 *   0x1c    4    bytes of the payload
 * </pre>
 * Source: Linux {@code arch/s390/include/uapi/asm/zcrypt.h}, {@code struct ep11_cprb}.
 */
public final class Ep11Cprb extends MessageBlock {
    /** Length in bytes. */
    public static final int LENGTH = 0x20;
    /** Version byte. */
    public static final int VERSION = 0x04;
    /** Flag: administration request. */
    public static final int ADMIN = 0x80;
    /** Flag: special command. */
    public static final int SPECIAL = 0x20;

    private Ep11Cprb(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Views a control block.
     *
     * @throws IndexOutOfBoundsException if it does not lie inside the message
     */
    public static Ep11Cprb at(byte[] message, int origin) {
        return new Ep11Cprb(message, origin);
    }

    /** Writes length, version and identifier. */
    public static Ep11Cprb init(byte[] message, int origin) {
        Ep11Cprb block = new Ep11Cprb(message, origin);
        block.u16(0x00, LENGTH);
        block.u8(0x02, VERSION);
        block.u16(0x06, FunctionCode.CPRB_EP11);
        return block;
    }

    /** Returns the version byte. */
    public int version() {
        return u8(0x02);
    }

    /** Returns the flags. */
    public int flags() {
        return u8(0x05);
    }

    /** Stores the flags. */
    public Ep11Cprb flags(int flags) {
        u8(0x05, flags);
        return this;
    }

    /** Returns the target: a domain. */
    public int target() {
        return i32(0x0c);
    }

    /** Stores the target. */
    public Ep11Cprb target(int domain) {
        i32(0x0c, domain);
        return this;
    }

    /** Returns the return code. */
    public int returnCode() {
        return i32(0x10);
    }

    /** Stores the return code. */
    public Ep11Cprb returnCode(int code) {
        i32(0x10, code);
        return this;
    }

    /** Returns the bytes of the payload. */
    public int payloadLength() {
        return i32(0x1c);
    }

    /** Stores the bytes of the payload. */
    public Ep11Cprb payloadLength(int length) {
        i32(0x1c, length);
        return this;
    }
}

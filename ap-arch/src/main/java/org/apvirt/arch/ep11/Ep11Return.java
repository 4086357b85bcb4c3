// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.ep11;

/** Return values in the payload of an EP11 reply. Source: PKCS #11, and opencryptoki {@code ep11.h} for IBM's own. */
public final class Ep11Return {
    /** Done. */
    public static final int OK = 0;
    /** Arguments are wrong. */
    public static final int ARGUMENTS_BAD = 0x07;
    /** The enciphered data are wrong. */
    public static final int ENCRYPTED_DATA_INVALID = 0x40;
    /** The card does not know the function. */
    public static final int FUNCTION_NOT_SUPPORTED = 0x54;
    /** A key of that size is not made. */
    public static final int KEY_SIZE_RANGE = 0x62;
    /** The key's attributes do not allow it. */
    public static final int KEY_FUNCTION_NOT_PERMITTED = 0x68;
    /** The mechanism is not known. */
    public static final int MECHANISM_INVALID = 0x70;
    /** What should be a wrapped key is none. */
    public static final int WRAPPED_KEY_INVALID = 0x110;
    /** The function was rejected, here: a wrapping key is not in the state that a command wants. */
    public static final int FUNCTION_REJECTED = 0x200;
    /** The blob is wrapped by another wrapping key. */
    public static final int WKID_MISMATCH = 0x8001_0001;
    /** The blob's form or MAC is wrong. */
    public static final int BLOB_ERROR = 0x8001_0004;
    /** There is no current wrapping key. */
    public static final int NO_WRAPPING_KEY = 0x8001_0009;
    /** The API ordinal is not known. */
    public static final int API_UNKNOWN = 0x8001_0013;
    /** The domain cannot be addressed so. */
    public static final int TARGET_INVALID = 0x8001_0030;

    private Ep11Return() {}
}

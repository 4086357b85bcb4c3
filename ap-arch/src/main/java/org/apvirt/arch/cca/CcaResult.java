// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import org.apvirt.arch.msg.Cprbx;

/**
 * How a CCA verb ended: return and reason code of the reply's CPRBX. Source: IBM CCA, "Reason codes for return code" 0, 4,
 * 8 and 12, and what Linux, libica and zkey look for.
 *
 * @param returnCode 0 done, 4 a negative verdict, 8 and 12 refused
 * @param reasonCode why
 */
public record CcaResult(int returnCode, int reasonCode) {
    /** Done. */
    public static final CcaResult DONE = new CcaResult(0, 0);
    /** Done, with a key that is wrapped by the old master key. */
    public static final CcaResult OLD_KEY = new CcaResult(0, 10001);
    /** The signature is not that of the hash. */
    public static final CcaResult BAD_SIGNATURE = new CcaResult(4, 429);
    /** The token's validation value is wrong. */
    public static final CcaResult BAD_VALIDATION_VALUE = new CcaResult(8, 29);
    /** A keyword is not valid. */
    public static final CcaResult BAD_KEYWORD = new CcaResult(8, 33);
    /** Keywords do not go together. */
    public static final CcaResult KEYWORDS_CONFLICT = new CcaResult(8, 34);
    /** Too many or too few keywords. */
    public static final CcaResult KEYWORD_COUNT = new CcaResult(8, 35);
    /** The key form is not valid. */
    public static final CcaResult BAD_KEY_FORM = new CcaResult(8, 41);
    /** The key length is not valid. */
    public static final CcaResult BAD_KEY_LENGTH = new CcaResult(8, 43);
    /** The token is unusable. */
    public static final CcaResult BAD_TOKEN = new CcaResult(8, 47);
    /** The token is wrapped by neither the current nor the old master key. */
    public static final CcaResult WRONG_MASTER_KEY = new CcaResult(8, 48);
    /** The token's version is unknown. */
    public static final CcaResult BAD_TOKEN_VERSION = new CcaResult(8, 49);
    /** Numbers do not fit a key. */
    public static final CcaResult BAD_NUMBERS = new CcaResult(8, 66);
    /** A length is wrong. */
    public static final CcaResult BAD_LENGTH = new CcaResult(8, 72);
    /** Access control forbids it. */
    public static final CcaResult FORBIDDEN = new CcaResult(8, 90);
    /** The key may not be made a protected key. */
    public static final CcaResult NOT_EXPORTABLE = new CcaResult(8, 2143);
    /** There is no current master key. */
    public static final CcaResult NO_MASTER_KEY = new CcaResult(12, 764);
    /** The clear key's token is unusable. */
    public static final CcaResult BAD_CLEAR_KEY = new CcaResult(12, 769);

    /** Returns what a control block says. */
    public static CcaResult of(Cprbx block) {
        return new CcaResult(block.returnCode(), block.reasonCode());
    }

    /** Tells whether the verb did what was asked. */
    public boolean isDone() {
        return returnCode == 0;
    }

    /** Returns both codes as people write them, for example {@code 8/48}. */
    @Override
    public String toString() {
        return returnCode + "/" + reasonCode;
    }
}

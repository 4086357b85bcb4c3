// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

/** How a change of master or wrapping keys ended. */
public enum KeyChange {
    /** It is done. */
    DONE("done"),
    /** The registers are not in the state that the operation wants, for example SET while the new one is not full. */
    WRONG_ORDER("the registers are not in the state that this wants"),
    /** The new key is the current or the old one. */
    SAME_KEY("that key is the current or the old one"),
    /** The part is not as long as the key. */
    WRONG_LENGTH("a key part of that length does not belong to it");

    private final String text;

    KeyChange(String text) {
        this.text = text;
    }

    /** Returns the reason in a few words. */
    public String text() {
        return text;
    }
}

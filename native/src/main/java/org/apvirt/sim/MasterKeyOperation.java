// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

/** What CCA calls the Master Key Process: the ways to change a master key. Source: IBM CCA, {@code Master_Key_Process}. */
public enum MasterKeyOperation {
    /** The new register, which is empty, takes the first part. */
    FIRST,
    /** A further part is added (exclusive or). */
    MIDDLE,
    /** The last part is added: the new register is full. */
    LAST,
    /** The new register takes a random key. */
    RANDOM,
    /** New becomes current, current becomes old, the new register is empty. */
    SET,
    /** The new register is emptied. */
    CLEAR,
    /** The old register becomes invalid. */
    CLEAR_OLD;

    /** Tells whether a key part belongs to it. */
    public boolean takesPart() {
        return this == FIRST || this == MIDDLE || this == LAST;
    }

    /** Returns CCA's keyword. */
    public String keyword() {
        return this == CLEAR_OLD ? "CLR-OLD" : name();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Locale;

/**
 * The wrapping key of an EP11 domain: what keys are enciphered with when they leave the card. Immutable.
 * <pre>
 *  next        GENERATE   COMMIT      FINALIZE                       CLEAR_NEXT
 *  empty       present    -           -                              empty
 *  present     present    committed   -                              empty
 *  committed   -          -           empty; next becomes current    empty
 * </pre>
 * A dash is {@link KeyChange#WRONG_ORDER}. No old key is kept: what was wrapped by it is lost. Source of the commands:
 * the list in opencryptoki {@code ep11.h}; Not IBM's: the pattern is the SHA-256 value of the key.
 *
 * @param leftImprintMode the domain has administrators; else it shows no keys
 * @param current the key in use
 * @param next the key to come
 * @param committed whether that may become current
 */
public record WrappingKey(boolean leftImprintMode, KeyRegister current, KeyRegister next, boolean committed) {
    /** Nothing in either. */
    public static final WrappingKey NONE = new WrappingKey(true, KeyRegister.EMPTY, KeyRegister.EMPTY, false);
    /** Length of the key in bytes. */
    public static final int KEY_BYTES = 32;
    /** How much of the pattern is compared. */
    static final int COMPARED = 16;

    /** The ways to change it. */
    public enum Operation {
        /** A random next key. */
        GENERATE(10),
        /** The next key may become current. */
        COMMIT(13),
        /** The next key becomes current. */
        FINALIZE(14),
        /** No key at all any more. */
        ZEROIZE(16),
        /** The current key is erased. */
        CLEAR(27),
        /** The next key is erased. */
        CLEAR_NEXT(28);

        private final int command;

        Operation(int command) {
            this.command = command;
        }

        /** Returns the number of the administration command. */
        public int command() {
            return command;
        }

        /** Returns the word of command lines. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** What an operation made of it. */
    record Result(KeyChange change, WrappingKey key) {}

    /**
     * A register with a key.
     *
     * @throws IllegalArgumentException if the key has not {@link #KEY_BYTES} bytes
     */
    public static KeyRegister register(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a wrapping key of " + key.length + " bytes instead of " + KEY_BYTES);
        }
        try {
            return KeyRegister.of(MessageDigest.getInstance("SHA-256").digest(key), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** Does one operation. */
    Result apply(Operation operation, byte[] random) {
        boolean present = next.isFull();
        return switch (operation) {
            case GENERATE -> committed ? refused() : done(current, register(random), false);
            case COMMIT -> present && !committed ? done(current, next, true) : refused();
            case FINALIZE -> present && committed ? done(next, KeyRegister.EMPTY, false) : refused();
            case ZEROIZE -> done(KeyRegister.EMPTY, KeyRegister.EMPTY, false);
            case CLEAR -> done(KeyRegister.EMPTY, next, committed);
            case CLEAR_NEXT -> done(current, KeyRegister.EMPTY, false);
        };
    }

    private Result refused() {
        return new Result(KeyChange.WRONG_ORDER, this);
    }

    private Result done(KeyRegister newCurrent, KeyRegister newNext, boolean newCommitted) {
        return new Result(KeyChange.DONE, new WrappingKey(leftImprintMode, newCurrent, newNext, newCommitted));
    }
}

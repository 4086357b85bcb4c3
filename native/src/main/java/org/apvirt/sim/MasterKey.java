// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One master key of a domain: its three registers. Immutable.
 * <pre>
 *             new       FIRST          MIDDLE    LAST           RANDOM   SET                     CLEAR
 *  empty                partial        -         -              full     -                       empty
 *  partial              -              partial   full           full     -                       empty
 *  full                 -              -         -              full     empty; new is current   empty
 * </pre>
 * A dash is {@link KeyChange#WRONG_ORDER}. A key that is the current or the old one is not taken.
 * Source: IBM CCA, {@code Master_Key_Process}.
 *
 * @param next the register that a new key is entered into
 * @param current the register in use
 * @param old the one before
 */
public record MasterKey(KeyRegister next, KeyRegister current, KeyRegister old) {
    /** Nothing in any of them. */
    public static final MasterKey NONE = new MasterKey(KeyRegister.EMPTY, KeyRegister.EMPTY, KeyRegister.EMPTY);

    /**
     * What an operation made of it.
     *
     * @param change how it ended
     * @param key afterwards
     */
    record Result(KeyChange change, MasterKey key) {}

    /**
     * Does one operation.
     *
     * @param part the key part; for RANDOM the key
     */
    Result apply(MasterKeySet set, MasterKeyOperation operation, byte[] part) {
        return switch (operation) {
            case FIRST -> next.state() != KeyRegister.State.EMPTY
                    ? refused(KeyChange.WRONG_ORDER)
                    : part.length != set.keyBytes()
                            ? refused(KeyChange.WRONG_LENGTH)
                            : done(KeyRegister.partial(part), current, old);
            case MIDDLE, LAST -> add(set, operation, part);
            case RANDOM -> enter(KeyRegister.of(set, part));
            case SET -> next.isFull() ? done(KeyRegister.EMPTY, next, current) : refused(KeyChange.WRONG_ORDER);
            case CLEAR -> done(KeyRegister.EMPTY, current, old);
            case CLEAR_OLD -> done(next, current, KeyRegister.EMPTY);
        };
    }

    private Result add(MasterKeySet set, MasterKeyOperation operation, byte[] part) {
        byte[] sum = next.key();
        if (next.state() != KeyRegister.State.PARTIAL || sum == null || sum.length != set.keyBytes()) {
            return refused(KeyChange.WRONG_ORDER);
        }
        if (part.length != set.keyBytes()) {
            return refused(KeyChange.WRONG_LENGTH);
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= part[i];
        }
        return operation == MasterKeyOperation.MIDDLE
                ? done(KeyRegister.partial(sum), current, old)
                : enter(KeyRegister.of(set, sum));
    }

    private Result enter(KeyRegister full) {
        byte[] pattern = full.pattern();
        return current.matches(pattern) || old.matches(pattern)
                ? refused(KeyChange.SAME_KEY)
                : done(full, current, old);
    }

    private Result refused(KeyChange why) {
        return new Result(why, this);
    }

    private static Result done(KeyRegister next, KeyRegister current, KeyRegister old) {
        return new Result(KeyChange.DONE, new MasterKey(next, current, old));
    }

    /** Returns the valid register that a token was made with, current before old; null: neither. */
    @Nullable
    KeyRegister of(byte[] pattern) {
        return current.matches(pattern) ? current : old.matches(pattern) ? old : null;
    }
}

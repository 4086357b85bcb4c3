// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A register of a master key or of a wrapping key. Immutable. One that only has a pattern, because that is all a
 * recording tells, shows it but cannot encipher. The key is never printed.
 */
public final class KeyRegister {
    /** What is in it. */
    public enum State {
        /** Nothing: empty, or invalid. */
        EMPTY,
        /** A new key whose last part is missing. */
        PARTIAL,
        /** A key: full, or valid. */
        FULL
    }

    /** Nothing in it. */
    public static final KeyRegister EMPTY = new KeyRegister(State.EMPTY, new byte[0], null);

    private final State state;
    private final byte[] pattern;
    private final byte @Nullable [] key;

    private KeyRegister(State state, byte[] pattern, byte @Nullable [] key) {
        this.state = state;
        this.pattern = pattern;
        this.key = key;
    }

    /** A full register of which only the pattern is known. */
    public static KeyRegister ofPattern(String hex) {
        return new KeyRegister(State.FULL, HexFormat.of().parseHex(hex), null);
    }

    /**
     * A full register of which only the pattern is known, with a key that stands in for the unknown one: the card shows
     * the pattern and works, but makes and takes no token of the card that the pattern is from. For recordings, see
     * {@link RecordedTokens}.
     */
    public static KeyRegister standIn(String hex) {
        byte[] pattern = HexFormat.of().parseHex(hex);
        return new KeyRegister(State.FULL, pattern,
                KeyWrapping.hmac("stand-in".getBytes(StandardCharsets.US_ASCII), pattern));
    }

    /** A register that is empty or invalid but shows what its pattern was; some cards do. */
    public static KeyRegister invalid(String hex) {
        return new KeyRegister(State.EMPTY, HexFormat.of().parseHex(hex), null);
    }

    /** A new key that misses its last part. */
    public static KeyRegister partial(byte[] sum) {
        return new KeyRegister(State.PARTIAL, new byte[0], sum.clone());
    }

    /**
     * A register with a key.
     *
     * @throws IllegalArgumentException if the key has not the length that the set wants
     */
    public static KeyRegister of(MasterKeySet set, byte[] key) {
        if (key.length != set.keyBytes()) {
            throw new IllegalArgumentException("a master key of " + key.length + " bytes; " + set + " has "
                    + set.keyBytes());
        }
        return new KeyRegister(State.FULL, set.pattern(key), key.clone());
    }

    /** A register with a wrapping key and its pattern. */
    static KeyRegister of(byte[] pattern, byte[] key) {
        return new KeyRegister(State.FULL, pattern, key.clone());
    }

    /** Returns what is in it. */
    public State state() {
        return state;
    }

    /** Tells whether there is a whole key. */
    public boolean isFull() {
        return state == State.FULL;
    }

    /** Returns the verification pattern, empty without a whole key. */
    public byte[] pattern() {
        return pattern.clone();
    }

    /** Returns the key, or the sum of its parts so far; null if there is none or only its pattern is known. */
    public byte @Nullable [] key() {
        return key == null ? null : key.clone();
    }

    /** Tells whether the first bytes of the pattern are these. */
    boolean matches(byte[] other) {
        return isFull() && pattern.length >= other.length && other.length > 0
                && Arrays.equals(pattern, 0, other.length, other, 0, other.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyRegister that && state == that.state && Arrays.equals(pattern, that.pattern)
                && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(pattern) + state.ordinal();
    }

    @Override
    public String toString() {
        return state.name().toLowerCase(java.util.Locale.ROOT)
                + (pattern.length == 0 ? "" : " 0x" + HexFormat.of().formatHex(pattern));
    }
}

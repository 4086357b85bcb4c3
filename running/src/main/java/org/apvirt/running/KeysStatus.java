// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.List;

import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a card shows of the keys it keeps for a domain: states and verification patterns, never a key.
 *
 * @param apqn card and domain; the domain may be a control domain, which has no queue
 * @param master the master keys of a CCA card; null: it is an EP11 card
 * @param wrapping the wrapping key of an EP11 card; null: it is a CCA card
 */
public record KeysStatus(Apqn apqn, @Nullable List<Master> master, @Nullable Wrapping wrapping) {
    /**
     * A register.
     *
     * @param state {@code empty}, {@code partial} or {@code full} of a new key; {@code invalid} or {@code valid} of others
     * @param pattern the verification pattern in hexadecimal; null: there is no whole key
     */
    public record Register(String state, @Nullable String pattern) {}

    /**
     * A master key.
     *
     * @param key which: {@code sym}, {@code asym}, {@code aes} or {@code apka}
     */
    public record Master(String key, Register next, Register current, Register old) {}

    /**
     * A wrapping key.
     *
     * @param committed whether the next one may become current
     */
    public record Wrapping(Register next, Register current, boolean committed) {}
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * All keys of one domain of a card, and what it does not do. Immutable.
 *
 * @param cca master keys, each of the four
 * @param ep11 the wrapping key
 * @param forbidden CCA function codes that access control has off, see {@link org.apvirt.arch.msg.FunctionCode}
 */
public record DomainKeys(Map<MasterKeySet, MasterKey> cca, WrappingKey ep11, Set<Integer> forbidden) {
    /** A domain without keys. */
    public static final DomainKeys NONE = new DomainKeys(Map.of(), WrappingKey.NONE, Set.of());

    /** Makes the map complete. */
    public DomainKeys {
        Map<MasterKeySet, MasterKey> all = new EnumMap<>(MasterKeySet.class);
        for (MasterKeySet set : MasterKeySet.values()) {
            all.put(set, cca.getOrDefault(set, MasterKey.NONE));
        }
        cca = Map.copyOf(all);
        forbidden = Set.copyOf(forbidden);
    }

    /** Returns what a card that only tells patterns shows in each of its domains. */
    static DomainKeys of(@Nullable CcaIdentity cca, @Nullable Ep11Identity ep11) {
        DomainKeys keys = NONE;
        if (cca != null) {
            keys = keys.with(MasterKeySet.AES, key(cca.aes())).with(MasterKeySet.APKA, key(cca.apka()))
                    .with(MasterKeySet.ASYM, key(cca.asym()));
        }
        return ep11 == null
                ? keys
                : keys.with(new WrappingKey(true, register(ep11.currentKey()), register(ep11.nextKey()),
                        ep11.nextCommitted()));
    }

    private static MasterKey key(CcaIdentity.MasterKey told) {
        return new MasterKey(
                told.next().state() == '2'
                        ? KeyRegister.partial(new byte[0])
                        : told.next().state() == '3'
                                ? KeyRegister.ofPattern(told.next().pattern())
                                : KeyRegister.EMPTY,
                valid(told.current()), valid(told.old()));
    }

    private static KeyRegister valid(CcaIdentity.Register told) {
        return told.state() == '2' ? KeyRegister.ofPattern(told.pattern()) : KeyRegister.EMPTY;
    }

    private static KeyRegister register(String pattern) {
        return HexFormat.of().parseHex(pattern).length == 0 ? KeyRegister.EMPTY : KeyRegister.ofPattern(pattern);
    }

    /** Returns one master key. */
    public MasterKey key(MasterKeySet set) {
        return cca.getOrDefault(set, MasterKey.NONE);
    }

    /** With another master key. */
    public DomainKeys with(MasterKeySet set, MasterKey key) {
        Map<MasterKeySet, MasterKey> changed = new EnumMap<>(cca);
        changed.put(set, key);
        return new DomainKeys(changed, ep11, forbidden);
    }

    /** With this key as the current one of a set, and no other. */
    public DomainKeys with(MasterKeySet set, byte[] current) {
        return with(set, new MasterKey(KeyRegister.EMPTY, KeyRegister.of(set, current), KeyRegister.EMPTY));
    }

    /** With another wrapping key. */
    public DomainKeys with(WrappingKey key) {
        return new DomainKeys(cca, key, forbidden);
    }

    /** With these function codes off. */
    public DomainKeys forbidding(Set<Integer> functions) {
        return new DomainKeys(cca, ep11, functions);
    }
}

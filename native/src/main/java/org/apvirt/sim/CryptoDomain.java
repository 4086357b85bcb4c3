// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.function.UnaryOperator;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.cca.EcCurve;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a card keeps for one domain: master keys and wrapping key. Whoever uses the queue of that number uses them; whoever
 * controls the domain may change them.
 *
 * <p>They belong to card and domain: resets (RAPQ, ZAPQ), deconfiguring, a checkstop and a change of the guest leave
 * them alone; unplugging the card ends them. That ZAPQ leaves them is a decision (no source says otherwise, and assigning a
 * queue, which zeroizes it, would make every secure key useless). Thread-safe: a request sees the keys before or after a
 * change, never in between.
 */
public final class CryptoDomain {
    private final SimulatedAdapter adapter;
    private final int domain;
    private volatile @Nullable DomainKeys keys; // null: what the card tells of all its domains

    CryptoDomain(SimulatedAdapter adapter, int domain) {
        this.adapter = adapter;
        this.domain = domain;
        this.keys = adapter.spec().keys().get(domain);
    }

    /** Returns card and domain, whether or not the machine has the domain. */
    public Apqn apqn() {
        return new Apqn(adapter.apid(), domain);
    }

    /** Returns the keys at this moment. */
    public DomainKeys keys() {
        DomainKeys own = keys;
        return own != null ? own : DomainKeys.of(adapter.spec().cca(), adapter.spec().ep11());
    }

    /** Replaces the keys, for example {@code domain.change(keys -> keys.with(MasterKeySet.AES, key))}. */
    public synchronized void change(UnaryOperator<DomainKeys> change) {
        keys = change.apply(keys());
    }

    /**
     * Changes a master key as CCA's Master Key Process does.
     *
     * @param part the key part, as long as the key; nothing for operations without one
     * @return {@link KeyChange#DONE}, else why nothing has changed
     */
    public synchronized KeyChange change(MasterKeySet set, MasterKeyOperation operation, byte[] part) {
        byte[] used = part;
        if (operation == MasterKeyOperation.RANDOM) {
            used = new byte[set.keyBytes()];
            adapter.machine().random().nextBytes(used);
        } else if (!operation.takesPart() && part.length > 0) {
            return KeyChange.WRONG_LENGTH;
        }
        DomainKeys before = keys();
        MasterKey.Result result = before.key(set).apply(set, operation, used);
        if (result.change() == KeyChange.DONE) {
            keys = before.with(set, result.key());
        }
        return result.change();
    }

    /**
     * Changes the wrapping key as an EP11 administration command does.
     *
     * @return {@link KeyChange#DONE}, else why nothing has changed
     */
    public synchronized KeyChange change(WrappingKey.Operation operation) {
        byte[] random = new byte[WrappingKey.KEY_BYTES];
        adapter.machine().random().nextBytes(random);
        DomainKeys before = keys();
        WrappingKey.Result result = before.ep11().apply(operation, random);
        if (result.change() == KeyChange.DONE) {
            keys = before.with(result.key());
        }
        return result.change();
    }

    /** Tells whether access control has a function code off. */
    boolean forbids(int function) {
        DomainKeys own = keys;
        return own != null && own.forbidden().contains(function);
    }

    /**
     * Returns the secure token of a private key of an elliptic curve, wrapped by the APKA master key. Not IBM's: programs
     * have no request for it that is public.
     *
     * @param exportable whether a protected key may be made of it
     * @throws IllegalStateException if there is no APKA master key
     * @throws IllegalArgumentException if it is no private key of the curve
     */
    public byte[] ecToken(EcCurve curve, byte[] privateKey, boolean exportable) {
        KeyRegister master = keys().key(MasterKeySet.APKA).current();
        byte[] value = master.key();
        if (value == null) {
            throw new IllegalStateException(apqn() + " has no APKA master key");
        }
        if (!curve.isPrivateKey(privateKey)) {
            throw new IllegalArgumentException("no private key of " + curve);
        }
        byte[] protection = new byte[WrappingKey.KEY_BYTES];
        adapter.machine().random().nextBytes(protection);
        return KeyWrapping.ecToken(curve, privateKey, exportable, value, master.pattern(), protection);
    }

    /** Erases all keys; what is forbidden stays so. */
    public synchronized void zeroize() {
        keys = DomainKeys.NONE.forbidding(keys().forbidden());
    }

    @Override
    public String toString() {
        return apqn() + " " + keys();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.running.Change.Action;
import org.apvirt.running.Change.Kind;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.KeysStatus.Master;
import org.apvirt.running.KeysStatus.Register;
import org.apvirt.running.KeysStatus.Wrapping;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.CryptoDomain;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.KeyChange;
import org.apvirt.sim.KeyRegister;
import org.apvirt.sim.MasterKey;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedAdapter;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.WrappingKey;

/**
 * The master and wrapping keys of a running machine's cards, as whoever administrates the cards sees and changes them. A
 * change is done at once, also in a domain that a guest uses: it sees the new pattern, and its tokens become those of an old
 * key. Nothing here tells a key. Thread-safe.
 */
public final class MachineKeys {
    private final SimulatedMachine machine;
    private final MachineControl control;
    private final Journal<Change> changes;

    MachineKeys(SimulatedMachine machine, MachineControl control, Journal<Change> changes) {
        this.machine = machine;
        this.control = control;
        this.changes = changes;
    }

    /** Returns what the cards show of every usage and control domain of the machine, by card and domain. */
    public List<KeysStatus> list() {
        List<KeysStatus> all = new ArrayList<>();
        ApMask domains = machine.usageDomains().or(machine.controlDomains());
        machine.adapterMask().forEach(apid -> {
            SimulatedAdapter card = machine.findAdapter(apid);
            if (card != null && card.spec().mode() != AdapterMode.ACCELERATOR) {
                domains.forEach(domain -> all.add(status(card, domain)));
            }
        });
        return all;
    }

    /**
     * Returns what a card shows of one domain.
     *
     * @throws ControlException MISSING: there is no such card or domain. CONFLICT: it is an accelerator, which has no keys
     */
    public KeysStatus status(Apqn apqn) throws ControlException {
        return status(card(apqn), apqn.apqi());
    }

    /**
     * Changes a master key of a CCA card.
     *
     * @param part the key part; empty for operations without one
     * @throws ControlException MISSING: there is no such card or domain. CONFLICT: it is no CCA card, or the registers are not
     *             in the state that the operation wants. INVALID: the part has not the length of the key
     */
    public void change(Apqn apqn, MasterKeySet set, MasterKeyOperation operation, byte[] part) throws ControlException {
        CryptoDomain domain = domain(apqn, AdapterMode.CCA, "master keys");
        if (operation.takesPart() != part.length > 0 || operation.takesPart() && part.length != set.keyBytes()) {
            throw new ControlException(Reason.INVALID, "part", "part of " + part.length + " bytes: "
                    + operation.keyword().toLowerCase(Locale.ROOT) + " of this key takes "
                    + (operation.takesPart() ? set.keyBytes() + " bytes" : "none"));
        }
        ended(apqn, domain.change(set, operation, part));
    }

    /**
     * Changes the wrapping key of an EP11 card.
     *
     * @throws ControlException MISSING: there is no such card or domain. CONFLICT: it is no EP11 card, or its registers are not
     *             in the state that the operation wants
     */
    public void change(Apqn apqn, WrappingKey.Operation operation) throws ControlException {
        ended(apqn, domain(apqn, AdapterMode.EP11, "wrapping key").change(operation));
    }

    /**
     * Erases all keys of a domain.
     *
     * @throws ControlException MISSING: there is no such card or domain. CONFLICT: it is an accelerator
     */
    public void zeroize(Apqn apqn) throws ControlException {
        card(apqn).cryptoDomain(apqn.apqi()).zeroize();
        ended(apqn, KeyChange.DONE);
    }

    private void ended(Apqn apqn, KeyChange how) throws ControlException {
        if (how != KeyChange.DONE) {
            throw new ControlException(how == KeyChange.WRONG_LENGTH ? Reason.INVALID : Reason.CONFLICT, "operation",
                    "apqn " + apqn + ": " + how.text() + "; look at them first");
        }
        changes.add(new Change(Kind.KEYS, apqn.toString(), Action.CHANGED));
    }

    private CryptoDomain domain(Apqn apqn, AdapterMode mode, String what) throws ControlException {
        SimulatedAdapter card = card(apqn);
        if (card.spec().mode() != mode) {
            throw new ControlException(Reason.CONFLICT, "apqn",
                    "apqn " + apqn + ": an " + mode + " card is wanted, this one has no " + what);
        }
        return card.cryptoDomain(apqn.apqi());
    }

    private SimulatedAdapter card(Apqn apqn) throws ControlException {
        SimulatedAdapter card = control.card(apqn.apid());
        if (!machine.usageDomains().or(machine.controlDomains()).contains(apqn.apqi())) {
            throw new ControlException(Reason.MISSING, "apqn", "apqn " + apqn
                    + ": the machine has no such domain, to use or to control");
        }
        if (card.spec().mode() == AdapterMode.ACCELERATOR) {
            throw new ControlException(Reason.CONFLICT, "apqn", "apqn " + apqn + ": an accelerator keeps no keys");
        }
        return card;
    }

    private static KeysStatus status(SimulatedAdapter card, int domain) {
        CryptoDomain kept = card.cryptoDomain(domain);
        DomainKeys keys = kept.keys();
        if (card.spec().mode() == AdapterMode.EP11) {
            WrappingKey key = keys.ep11();
            return new KeysStatus(kept.apqn(), null,
                    new Wrapping(entered(key.next()), used(key.current()), key.committed()));
        }
        return new KeysStatus(kept.apqn(), Arrays.stream(MasterKeySet.values()).map(set -> {
            MasterKey key = keys.key(set);
            return new Master(set.name().toLowerCase(Locale.ROOT), entered(key.next()), used(key.current()),
                    used(key.old()));
        }).toList(), null);
    }

    private static Register entered(KeyRegister register) {
        return register(register, register.state().name().toLowerCase(Locale.ROOT));
    }

    private static Register used(KeyRegister register) {
        return register(register, register.isFull() ? "valid" : "invalid");
    }

    private static Register register(KeyRegister register, String state) {
        return new Register(state, register.isFull() ? HexFormat.of().formatHex(register.pattern()) : null);
    }
}

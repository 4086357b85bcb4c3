// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.apvirt.arch.msg.ErrorReply;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a card does with a message: bytes in, bytes out. Errors are replies too. An engine has no
 * state: what a card keeps is in its {@link CryptoDomain}s. */
sealed interface MessageEngine permits AcceleratorEngine, CcaEngine, Ep11Engine {
    /** Returns the reply to a message. */
    byte[] reply(byte[] message, Addressee addressee);

    /** Returns the domain that a message is for, or {@link Addressee#ANY} if it does not say. */
    int domain(byte[] message);

    /** Returns the reply that carries a code, of the type by which this kind of card says it. */
    byte[] error(int code);

    /** Returns the engine of a mode. */
    static MessageEngine of(AdapterMode mode) {
        return switch (mode) {
            case ACCELERATOR -> AcceleratorEngine.INSTANCE;
            case CCA -> CcaEngine.INSTANCE;
            case EP11 -> Ep11Engine.INSTANCE;
        };
    }

    /**
     * Who a message was sent to.
     *
     * @param adapter the card's place in the machine, and what it keeps for each domain
     * @param card the card as it was when the message came
     * @param apqi the domain of the queue
     * @param sender who sent it, and what that may control of what the machine may control
     */
    record Addressee(SimulatedAdapter adapter, AdapterSpec card, int apqi, Sender sender) {
        /** No domain in particular. */
        static final int ANY = -1;

        /** How far a message may go that names a domain. */
        enum Reach {
            /** It is for this queue's domain, or for one that its sender controls. */
            ALLOWED,
            /** It is for a domain that this machine has but its sender does not control. */
            FILTERED,
            /** It is for a domain that this machine does not know. */
            NOT_CONFIGURED
        }

        SimulatedMachine machine() {
            return adapter.machine();
        }

        /**
         * Returns what the card keeps for the domain that a message is for.
         *
         * @param domain what {@link MessageEngine#domain} says, once it may be reached
         */
        CryptoDomain domain(int domain) {
            return adapter.cryptoDomain(domain == ANY ? apqi : domain);
        }

        /** Returns the card's reply, or the one that a fault makes of it; null as below. */
        byte @Nullable [] answer(byte[] message, FaultInjector.Effect fault) {
            Integer error = fault.reply();
            return error != null ? MessageEngine.of(card.mode()).error(error) : answer(message);
        }

        /**
         * Returns the card's reply; null if the message names a domain that is not configured and the machine says so by
         * response code.
         */
        byte @Nullable [] answer(byte[] message) {
            SimulatedMachine machine = machine();
            MessageEngine engine = MessageEngine.of(card.mode());
            return switch (reach(engine.domain(message))) {
                case ALLOWED -> engine.reply(message, this);
                case FILTERED -> ErrorReplies.of(ErrorReply.TYPE82, ErrorReply.FILTERED_BY_HYPERVISOR);
                case NOT_CONFIGURED -> (machine.qciFlags() & ApConfigInfo.RC8A) != 0
                        ? ErrorReplies.of(ErrorReply.TYPE82, ErrorReply.INVALID_DOMAIN)
                        : null;
            };
        }

        private Reach reach(int domain) {
            if (domain == ANY || domain == apqi
                    || card.isRecorded() && domain >= 0 && domain < ApMask.BITS) { // no ADM stood before a recorder's card
                return Reach.ALLOWED;
            }
            if (domain < 0 || domain >= ApMask.BITS) {
                return Reach.NOT_CONFIGURED;
            }
            SimulatedMachine machine = machine();
            boolean controlled = machine.controlDomains().contains(domain);
            if (controlled && sender.controlDomains().contains(domain)) {
                return Reach.ALLOWED;
            }
            return controlled || machine.usageDomains().contains(domain) ? Reach.FILTERED : Reach.NOT_CONFIGURED;
        }
    }
}

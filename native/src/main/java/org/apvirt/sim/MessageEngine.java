package org.apvirt.sim;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.ErrorReply;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a card does with a message: bytes in, bytes out. Stateless; errors are replies too. */
sealed interface MessageEngine permits AcceleratorEngine, CcaEngine, Ep11Engine {
    /** Returns the reply to a message. */
    byte[] reply(byte[] message, Addressee addressee);

    /** Returns the domain that a message is for, or {@link Addressee#ANY} if it does not say. */
    int domain(byte[] message);

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
     * @param machine the machine whose configuration counts
     * @param card the card as it was when the message came
     * @param apqi the domain of the queue
     * @param controlDomains what the sender may control, of what the machine may control
     */
    record Addressee(SimulatedMachine machine, AdapterSpec card, int apqi, ApMask controlDomains) {
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

        /**
         * Returns the card's reply; null if the message names a domain that is not configured and the machine says so by
         * response code.
         */
        byte @Nullable [] answer(byte[] message) {
            MessageEngine engine = MessageEngine.of(card.mode());
            return switch (reach(engine.domain(message))) {
                case ALLOWED -> engine.reply(message, this);
                case FILTERED -> ErrorReply.of(ErrorReply.TYPE82, ErrorReply.FILTERED_BY_HYPERVISOR);
                case NOT_CONFIGURED -> (machine.qciFlags() & ApConfigInfo.RC8A) != 0
                        ? ErrorReply.of(ErrorReply.TYPE82, ErrorReply.INVALID_DOMAIN)
                        : null;
            };
        }

        private Reach reach(int domain) {
            if (domain == ANY || domain == apqi) {
                return Reach.ALLOWED;
            }
            if (domain < 0 || domain >= ApMask.BITS) {
                return Reach.NOT_CONFIGURED;
            }
            boolean controlled = machine.controlDomains().contains(domain);
            if (controlled && controlDomains.contains(domain)) {
                return Reach.ALLOWED;
            }
            return controlled || machine.usageDomains().contains(domain) ? Reach.FILTERED : Reach.NOT_CONFIGURED;
        }
    }
}

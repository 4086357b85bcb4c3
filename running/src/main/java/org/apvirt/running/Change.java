// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.Locale;

/**
 * Something about the machine is different from what it was. It names what to look at again, not what is there now, so that
 * a reader who missed some still comes to know the present.
 *
 * @param kind what kind of thing
 * @param id which one: {@code 7}, {@code 05.0004}, a guest's name, a module's name, a job's number
 * @param action what happened to it
 */
public record Change(Kind kind, String id, Action action) {
    /** A kind of thing that changes. */
    public enum Kind {
        /** A card in the machine, by its number. */
        CARD,
        /** A usage domain of the machine, by its number. */
        DOMAIN,
        /** What a queue answers, by its APQN. */
        FAULT,
        /** The keys that a card keeps for a domain, by its APQN. */
        KEYS,
        /** A device of the host's AP bus, by its name: a card or a queue. */
        DEVICE,
        /** A mediated device, by its UUID. */
        MDEV,
        /** A guest, by its name. */
        GUEST,
        /** A module of the host's kernel, by its name. */
        MODULE,
        /** A job, by its number. */
        JOB;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What happens to a thing. */
    public enum Action {
        /** It is there. */
        ADDED,
        /** It is gone. */
        REMOVED,
        /** It is another. */
        CHANGED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}

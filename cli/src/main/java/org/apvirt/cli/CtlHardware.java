// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.machine.AdapterNames;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The requests of {@code apvirt ctl} that change the hardware; each is one call of the API. */
final class CtlHardware {
    private CtlHardware() {}

    private static final String CARDS = "/v1/cards/";

    /** The types and profiles of cards, for the completion. */
    static final class Types extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Types() {
            super(AdapterNames.withProfiles());
        }
    }

    /** On or off, for the completion. */
    static final class OnOff extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        OnOff() {
            super(List.of("on", "off"));
        }
    }

    @Command(name = "plug", description = "Plugs in a card, for example: plug 7 CEX8C")
    static final class Plug extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "APID")
        private String apid;

        @Parameters(index = "1", paramLabel = "TYPE", completionCandidates = Types.class, description = "Generation and mode, or a profile: ${COMPLETION-CANDIDATES}.")
        private String type;

        @Override
        int ask(CtlSession session) {
            return session.send("POST", "/v1/cards", Map.of("apid", id("APID", apid), "type", type),
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "unplug", description = "Takes a card out.")
    static final class Unplug extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "APID")
        private String apid;

        @Override
        int ask(CtlSession session) {
            return session.send("DELETE", CARDS + id("APID", apid), null, CtlSession.NOTHING);
        }
    }

    @Command(name = "config", description = "Configures a card on or off, as the operator does.")
    static final class Config extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "APID")
        private String apid;

        @Parameters(index = "1", paramLabel = "on|off", completionCandidates = OnOff.class)
        private String state;

        @Override
        int ask(CtlSession session) {
            return session.send("PATCH", CARDS + id("APID", apid), Map.of("config", onOff("on|off", state)),
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "checkstop", description = "Has a card fail, or recover.")
    static final class Checkstop extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "APID")
        private String apid;

        @Parameters(index = "1", paramLabel = "on|off", completionCandidates = OnOff.class)
        private String state;

        @Override
        int ask(CtlSession session) {
            return session.send("PATCH", CARDS + id("APID", apid), Map.of("checkstop", onOff("on|off", state)),
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "domain", description = "A usage domain joins (on) or leaves (off).")
    static final class Domain extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "DOMAIN")
        private String domain;

        @Parameters(index = "1", paramLabel = "on|off", completionCandidates = OnOff.class)
        private String state;

        @Override
        int ask(CtlSession session) {
            int number = id("DOMAIN", domain);
            return onOff("on|off", state)
                    ? session.send("POST", "/v1/domains", Map.of("domain", number), CtlSession.NOTHING)
                    : session.send("DELETE", "/v1/domains/" + number, null, CtlSession.NOTHING);
        }
    }

    @Command(name = "report", description = {"Reports to the kernel that the AP configuration changed,",
            "so that it scans the bus now and not when its timer runs out."})
    static final class Report extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.send("POST", "/v1/change-reports", Map.of(), CtlSession.NOTHING);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.apvirt.machine.AdapterNames;
import org.apvirt.machine.CardProfile;
import org.apvirt.running.ControlException;
import org.apvirt.running.MachineControl;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.DomainsView;
import org.apvirt.sim.AdapterSpec;

/** Cards and domains: what an operator changes under the kernel. Nothing here waits for the kernel. */
final class HardwareRoutes {
    private static final Set<String> NONE = Set.of();

    private final RunningMachine running;
    private final MachineControl control;

    HardwareRoutes(RunningMachine running) {
        this.running = running;
        this.control = running.control();
    }

    List<Route> table() {
        return List.of(new Route("GET", "/v1/cards", NONE, NONE, call -> Answer.ok(running.cards())),
                new Route("POST", "/v1/cards", NONE, Set.of("apid", "type", "depth", "serial", "config", "checkstop"),
                        this::plug),
                new Route("GET", "/v1/cards/{apid}", NONE, NONE, call -> Answer.ok(running.card(call.id("apid")))),
                new Route("PATCH", "/v1/cards/{apid}", NONE, Set.of("config", "checkstop"), this::change),
                new Route("DELETE", "/v1/cards/{apid}", NONE, NONE, call -> {
                    control.unplug(call.id("apid"));
                    return Answer.nothing();
                }), new Route("GET", "/v1/matrix", NONE, NONE, call -> Answer.ok(running.picture())),
                new Route("GET", "/v1/queues", NONE, NONE, call -> Answer.ok(running.queues())),
                new Route("GET", "/v1/queues/{apqn}", NONE, NONE,
                        call -> Answer.ok(running.queue(call.queue("apqn")))),
                new Route("GET", "/v1/domains", NONE, NONE, call -> Answer.ok(domains())),
                new Route("POST", "/v1/domains", NONE, Set.of("domain"), call -> {
                    control.joinDomain(call.id("domain"));
                    return Answer.made(domains(), "/v1/domains");
                }), new Route("DELETE", "/v1/domains/{domain}", NONE, NONE, call -> {
                    control.leaveDomain(call.id("domain"));
                    return Answer.nothing();
                }), new Route("POST", "/v1/change-reports", NONE, NONE, call -> {
                    control.reportChange();
                    return Answer.nothing();
                }));
    }

    private DomainsView domains() {
        return new DomainsView(running.machine().usageDomains(), running.machine().controlDomains());
    }

    private Answer plug(Call call) throws ControlException {
        int apid = call.id("apid");
        String given = call.text("type");
        String type = CardProfile.names().contains(given) ? given : given.toUpperCase(Locale.ROOT);
        if (!AdapterNames.withProfiles().contains(type)) {
            throw Call.invalid("type", "'" + given + "' is no type or profile of a card (there are: "
                    + String.join(", ", AdapterNames.withProfiles()) + ")");
        }
        Boolean config = call.truth("config");
        Boolean checkstop = call.truth("checkstop");
        AdapterSpec card = AdapterNames.adapter(apid, type).depth((int) call.number("depth", 1, 32, 8))
                .configured(config == null || config).checkstopped(checkstop != null && checkstop);
        String serial = call.textOrNull("serial");
        if (serial != null) {
            if (!serial.matches("[ -~]{1," + card.longestSerial() + "}")) {
                throw Call.invalid("serial", "is not 1 to " + card.longestSerial() + " printable characters");
            }
            card = card.serial(serial);
        }
        control.plug(card);
        return Answer.made(running.card(apid), "/v1/cards/" + apid);
    }

    private Answer change(Call call) throws ControlException {
        int apid = call.id("apid");
        Boolean config = call.truth("config");
        Boolean checkstop = call.truth("checkstop");
        if (config == null && checkstop == null) {
            throw Call.invalid("config", "and checkstop are missing; one of them is wanted");
        }
        if (config != null) {
            control.configure(apid, config);
        }
        if (checkstop != null) {
            control.checkstop(apid, checkstop);
        }
        return Answer.ok(running.card(apid));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.gson.JsonObject;
import org.apvirt.machine.FaultReader;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.PlannedFault;
import org.apvirt.running.ControlException;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.FaultStatus;
import org.apvirt.running.MachineFaults;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.FaultView;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Faults, in the words of a machine file. */
final class FaultRoutes {
    private static final Set<String> NONE = Set.of();
    private static final String DELAY_MILLIS = "delayMillis";
    private static final String INSTRUCTION = "instruction";
    private static final long MILLIS_IN_WORDS = 1_000_000; // a time in a machine file has six digits
    private static final long MOST_MILLIS = 999_999_000;

    private final RunningMachine running;
    private final MachineFaults faults;

    FaultRoutes(RunningMachine running) {
        this.running = running;
        this.faults = running.faults();
    }

    List<Route> table() {
        Set<String> words = Stream.concat(FaultReader.KEYS.stream(), Stream.of(DELAY_MILLIS))
                .collect(Collectors.toUnmodifiableSet());
        return List.of(new Route("GET", "/v1/faults", NONE, NONE, call -> Answer.ok(FaultView.of(running))),
                new Route("POST", "/v1/faults", NONE, words, this::inject),
                new Route("DELETE", "/v1/faults", NONE, NONE, call -> {
                    faults.liftAll();
                    return Answer.nothing();
                }), new Route("PUT", "/v1/faults/{apqn}", NONE, Set.of("response"), call -> {
                    int response = (int) call.number("response", 0, 255, -1);
                    faults.respond(call.queue("apqn"), response);
                    return Answer.ok(FaultView.of(new FaultStatus(null,
                            new PlannedFault.Standing(call.queue("apqn"), response), null, null)));
                }), new Route("DELETE", "/v1/faults/{apqn}", NONE, NONE, this::lift));
    }

    /** A number is that of a fault, everything else is to be a queue. */
    private Answer lift(Call call) throws ControlException {
        if (call.text("apqn").matches("[0-9]{1,9}")) {
            faults.lift((int) call.number("apqn", 0, Integer.MAX_VALUE, -1));
        } else {
            faults.liftResponse(call.queue("apqn"));
        }
        return Answer.nothing();
    }

    private Answer inject(Call call) throws ControlException {
        JsonObject words = call.content();
        long millis = call.number(DELAY_MILLIS, 0, MOST_MILLIS, 0);
        if (words.remove(DELAY_MILLIS) != null) {
            words.addProperty("delay", millis < MILLIS_IN_WORDS ? millis + "ms" : millis / 1000 + "s");
        }
        if (words.has(INSTRUCTION) && call.number("response", 0, 255, 1) == 0) {
            words.remove("response"); // it is only slow
        }
        String text = ControlJson.text(words);
        try {
            faults.inject(PlannedFault.parse(text, "fault"));
        } catch (FileFormatException e) {
            throw new ControlException(Reason.INVALID, blame(words, text, e), e.problem());
        }
        return Answer.made(FaultView.of(running), "/v1/faults");
    }

    /** Returns the argument at the place of an error: the last one that begins before it. */
    private static @Nullable String blame(JsonObject words, String text, FileFormatException e) {
        int column = Integer.parseInt(e.place().substring(e.place().lastIndexOf(':') + 1));
        String found = words.has(INSTRUCTION) ? INSTRUCTION : null;
        int at = 1; // the brace, for what is wrong with several together
        for (String name : words.keySet()) {
            int begin = text.indexOf('"' + name + "\":") + 1;
            if (begin > at && begin <= column) {
                found = name;
                at = begin;
            }
        }
        return found;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Counted;
import org.apvirt.arch.Occurrence;
import org.apvirt.device.AttributeFault;
import org.apvirt.device.Errno;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.RequestKind;

/** Writes faults as {@link FaultReader} reads them. */
final class FaultWriter {
    private FaultWriter() {}

    static String text(InstructionFault fault) {
        List<String> parts = new ArrayList<>();
        Integer apid = fault.queues().apid();
        Integer apqi = fault.queues().apqi();
        if (apid != null) {
            parts.add(apqi != null ? "apqn: " + new Apqn(apid, apqi) : "card: " + apid);
        }
        RequestKind request = fault.request();
        parts.add(request != null
                ? "message: " + request
                : "instruction: " + fault.instruction().name().toLowerCase(Locale.ROOT));
        occurrence(fault.when(), parts);
        List<Integer> responses = fault.responses();
        if (!responses.isEmpty()) {
            String codes = responses.stream().map(code -> String.format("0x%02x", code))
                    .collect(Collectors.joining(", "));
            parts.add("response: " + (responses.size() == 1 ? codes : '[' + codes + ']'));
        }
        if (fault.reply() != null) {
            parts.add(String.format("reply: 0x%02x", fault.reply()));
        }
        if (!fault.delay().isZero() || responses.isEmpty() && fault.reply() == null) {
            parts.add("delay: " + time(fault.delay()));
        }
        Counted counted = fault.when().before();
        if (counted != null) {
            parts.add(counted(counted, counted.streams().entrySet().stream()
                    .map(queue -> Apqn.ofQid(queue.getKey()) + ": " + queue.getValue())
                    .collect(Collectors.joining(", ", "{", "}")), fault.when()));
        }
        return '{' + String.join(", ", parts) + '}';
    }

    private static String counted(Counted counted, String seen, Occurrence when) {
        return "counted: {seen: " + seen + ", hits: " + counted.hits()
                + (when.until() == null ? "" : ", age: " + time(counted.age())) + '}';
    }

    static String text(AttributeFault fault) {
        List<String> parts = new ArrayList<>();
        parts.add("attribute: " + Json.text(fault.path()));
        AttributeFault.Access access = fault.access();
        if (access != null) {
            parts.add("access: " + access);
        }
        occurrence(fault.when(), parts);
        Errno errno = fault.errno();
        if (errno != null) {
            parts.add("errno: " + errno);
        }
        if (!fault.delay().isZero()) {
            parts.add("delay: " + time(fault.delay()));
        }
        Counted counted = fault.when().before();
        if (counted != null) {
            parts.add(counted(counted, Long.toString(counted.seen()), fault.when()));
        }
        return '{' + String.join(", ", parts) + '}';
    }

    private static void occurrence(Occurrence when, List<String> parts) {
        boolean often = when.count() == Occurrence.UNLIMITED;
        Duration until = when.until();
        boolean random = when.probability() < 1;
        parts.add("nth: " + when.nth());
        if (when.every() > 1 || often && !random && until == null) {
            parts.add("every: " + when.every());
        }
        if (!often && (when.count() > 1 || when.every() > 1 || random || until != null)) {
            parts.add("count: " + when.count());
        }
        if (random) {
            parts.add("probability: " + when.probability());
            parts.add("seed: " + when.seed());
        }
        if (until != null) {
            parts.add("until: " + time(until));
        }
    }

    static String time(Duration time) {
        return time.toMillis() < 1_000_000 ? time.toMillis() + "ms" : time.toSeconds() + "s";
    }
}

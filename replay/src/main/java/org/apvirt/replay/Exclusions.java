// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

import org.apvirt.host.Level;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a comparison with a recording leaves out because it is not AP's or cannot be reproduced. Everything that is left
 * out is named here; {@code docs/replay.md} gives the reasons.
 *
 * <p>One object serves one side of one scenario, because a few rules look at what came before.
 */
final class Exclusions {
    private static final Set<String> MODULES = Set.of("ap", "zcrypt", "zcrypt_cex4", "mdev", "vfio_ap");
    private static final Pattern CCA_FACTS = Pattern.compile("/sys/devices/ap/card../(?:serialnr|.{7}/mkvps)");
    private static final Pattern COUNTERS = Pattern
            .compile("/sys/(?:devices|bus)/ap/(?:devices/)?(?:card(..)/(?:.{7}/)?|(..)\\..{4}/)(?:request_count|load)");
    /** The beginning of a line of trace: program and number, processor, interrupts, time. */
    private static final Pattern TRACE_CONTEXT = Pattern.compile("(?m)^ *\\S+-\\d+ +\\[\\d+] \\S{5} +[0-9.]+");
    private static final Pattern BLOCKED_TASK = Pattern.compile("task \"[^\"]*\" \\(\\d+\\)");
    private static final Pattern EVENT_COUNT = Pattern.compile("ok 8 [0-9a-f]{16}");
    /** A row of lszcrypt up to REQUESTS. */
    private static final Pattern CCA_ROW = Pattern.compile("(?m)^(.{8} CEX.C .{11} .{10}) +[0-9]+");
    /** chzcrypt -q with anything but a number: what it writes then is what its stack held. */
    private static final Pattern DOMAIN_FROM_STACK = Pattern.compile("(?:.*[;&|/ ])?chzcrypt -q [^0-9 -].*");
    private static final Pattern DEFAULT_DOMAIN_ROW = Pattern.compile("(?m)^ap_domain=.*$");
    /** What an EP11 card answers to a module query, up to the API ordinal, then what each card tells of itself. */
    private static final Pattern EP11_MODULE = Pattern
            .compile("(04040001002604040000[0-9a-f]{4}040400000000048200c4[0-9a-f]{8})[0-9a-f]{384}");
    private static final String EP11_IOCTL = " 0xc0007a04 ";
    private static final int RAPQ = 1;

    private final Level level;
    private final IntPredicate isCca;
    private final Map<String, Integer> lastReset = new HashMap<>(); // response code of the last RAPQ per queue
    private boolean loadedModules;
    private boolean isDomainFromStack;
    private boolean insideDump;

    /**
     * The rules for one side.
     *
     * @param isCca tells whether an adapter is a CCA coprocessor now
     */
    Exclusions(Level level, IntPredicate isCca) {
        this.level = level;
        this.isCca = isCca;
    }

    /** Returns what counts of the answers of one step. */
    Map<String, @Nullable Object> apply(Action action, Map<String, @Nullable Object> answers) {
        loadedModules |= action instanceof Action.LoadModule;
        Map<String, @Nullable Object> kept = new LinkedHashMap<>(answers);
        for (Map.Entry<String, @Nullable Object> answer : kept.entrySet()) {
            Object value = answer.getValue();
            if (value != null) {
                answer.setValue(keep(action, answer.getKey(), value));
            }
        }
        return kept;
    }

    private Object keep(Action action, String name, Object value) {
        return switch (name) {
            case "result" -> result(action, value);
            case "uevents" -> uevents((List<?>) value);
            case "kmsg" -> log((List<?>) value);
            case "pqap" -> instructions((List<?>) value);
            default -> value;
        };
    }

    private Map<String, Object> program(String command, String status, String output) {
        isDomainFromStack |= DOMAIN_FROM_STACK.matcher(command).matches();
        String text = CCA_ROW.matcher(output).replaceAll("$1#");
        return Map.of("status", status, "out",
                isDomainFromStack ? DEFAULT_DOMAIN_ROW.matcher(text).replaceAll("ap_domain=#") : text);
    }

    private Object result(Action action, Object result) {
        return switch (action) {
            case Action.Tree tree -> tree((List<?>) result);
            case Action.Read read when result instanceof Map<?, ?> map && map.get("data") instanceof String text ->
                Map.of("data", content(read.path(), text));
            case Action.Raw raw when raw.request().startsWith("r ") && result instanceof String text ->
                EVENT_COUNT.matcher(text).matches() ? "ok 8 (a count)" : text;
            case Action.Raw raw when raw.request().contains(EP11_IOCTL) && result instanceof String text ->
                EP11_MODULE.matcher(text).replaceAll("$1#");
            case Action.Shell shell when result instanceof Map<?, ?> map && map.get("out") instanceof String text ->
                program(shell.command(), String.valueOf(map.get("status")), text);
            case Action.State state when isDomainFromStack && result instanceof Map<?, ?> map -> {
                Map<String, @Nullable Object> kept = new LinkedHashMap<>();
                map.forEach((key, value) -> kept.put(String.valueOf(key), value));
                kept.replace("ap_domain", "(a domain)");
                yield kept;
            }
            default -> result;
        };
    }

    private Object tree(List<?> entries) {
        List<Object> kept = new ArrayList<>(entries.size());
        for (Object object : entries) {
            if (object instanceof List<?> entry) {
                boolean isFile = "f".equals(entry.get(0));
                String path = String.valueOf(entry.get(isFile ? 3 : "l".equals(entry.get(0)) ? 1 : entry.size() - 1));
                if (isOurs(path)) {
                    kept.add(isFile && entry.get(4) instanceof String text
                            ? List.of("f", entry.get(1), entry.get(2), path, content(path, text))
                            : entry);
                }
            }
        }
        return kept;
    }

    private static boolean isOurs(String path) {
        String[] parts = path.split("/");
        if (path.startsWith("/sys/module/") && parts.length > 4) {
            return Set.of("parameters", "drivers", "initstate").contains(parts[4]);
        }
        if (path.startsWith("/sys/class/misc/")) {
            return parts[4].equals("z90crypt");
        }
        if (path.startsWith("/sys/devices/virtual/misc/")) {
            return parts[5].equals("z90crypt");
        }
        return true;
    }

    private String content(String path, String text) {
        if (path.endsWith("/dev")) {
            return "(device number)";
        }
        if (path.endsWith("/uevent")) {
            return text.replaceAll("(?m)^(?:MAJOR|MINOR)=.*\\R", "");
        }
        if (path.startsWith("/sys/kernel/tracing/")) {
            return tracing(path, text);
        }
        if (level == Level.LINUX_7_2 && CCA_FACTS.matcher(path).matches()) {
            return "(CCA facility query)";
        }
        var counter = COUNTERS.matcher(path);
        if (counter.matches()) {
            String ofCard = counter.group(1);
            String ofQueue = counter.group(2);
            String apid = ofCard != null ? ofCard : ofQueue;
            return apid != null && isCca.test(Integer.parseInt(apid, 16)) ? "(a count)" : text;
        }
        return text;
    }

    /** Who did what when, and by which address and number, is each run's own; events of others are not AP's. */
    private static String tracing(String path, String text) {
        if (path.endsWith("/trace")) {
            return TRACE_CONTEXT.matcher(text).replaceAll("task").replaceAll(" (ptr|psmid)=[0-9a-fx]+", " $1");
        }
        return path.endsWith("_event") || path.endsWith("_events")
                ? text.replaceAll("(?m)^(?!s390:s390_(?:ap|zcrypt)_).*\\R", "")
                : text.replaceAll("(?m)^ID: .*", "ID");
    }

    private List<Object> uevents(List<?> events) {
        List<Object> kept = new ArrayList<>();
        if (!loadedModules) {
            return kept;
        }
        for (Object object : events) {
            if (object instanceof List<?> event && isOursEvent(String.valueOf(event.get(0)))) {
                kept.add(event.stream()
                        .filter(v -> !String.valueOf(v).startsWith("MAJOR=") && !String.valueOf(v).startsWith("MINOR="))
                        .toList());
            }
        }
        return kept;
    }

    private static boolean isOursEvent(String header) {
        String path = header.substring(header.indexOf('@') + 1);
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (path.startsWith("/devices/virtual/misc/")) {
            return name.equals("z90crypt");
        }
        return !path.startsWith("/module/") || MODULES.contains(name);
    }

    private List<Object> log(List<?> lines) {
        List<Object> kept = new ArrayList<>();
        for (Object line : lines) {
            String text = String.valueOf(line);
            boolean isMark = text.startsWith("------------[ cut here") || text.startsWith("---[ end trace");
            insideDump = text.startsWith("------------[") || insideDump && !text.startsWith("---[ end");
            if (loadedModules && !text.startsWith("debugfs: ")
                    && (!insideDump || isMark || text.startsWith("PQAP/"))) {
                kept.add(BLOCKED_TASK.matcher(text).replaceAll("task"));
            }
        }
        return kept;
    }

    /** A RAPQ that a busy queue refuses is repeated as long as it does: only the first of a row counts. */
    private List<Object> instructions(List<?> instructions) {
        List<Object> kept = new ArrayList<>();
        for (Object object : instructions) {
            if (object instanceof List<?> instruction && instruction.get(0) instanceof Number function
                    && instruction.get(2) instanceof Number response) {
                int code = response.intValue();
                boolean repeated = false;
                if (function.intValue() == RAPQ) {
                    Integer before = lastReset.put(String.valueOf(instruction.get(1)), code);
                    repeated = code != 0 && before != null && before == code;
                }
                if (!repeated) {
                    kept.add(instruction);
                }
            }
        }
        return kept;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The tree {@code /sys/kernel/tracing}.
 * <pre>
 *  available_events          SYSTEM:EVENT, one a line
 *  set_event                 those that are on; takes one name per write to switch on, ! before it: off; O_TRUNC: all off
 *  tracing_on                0 or 1: whether events that are on are recorded
 *  trace                     what was recorded; O_TRUNC clears it, a write does nothing
 *  events/enable             0, 1, X (some are on), ? (there are none); takes 0 or 1 for all
 *  events/SYSTEM/enable      the same of one system
 *  events/SYSTEM/EVENT/      enable, format, id
 * </pre>
 * Source: Linux {@code kernel/trace/trace_events.c}, {@code ftrace_event_write}, {@code system_enable_read} and so on.
 */
final class TracingFiles {
    private final Tracing tracing;

    TracingFiles(Tracing tracing) {
        this.tracing = tracing;
    }

    SysfsDirectory directory() {
        return directory(() -> Map.of(
                "available_events", readable(() -> names(tracing.events())),
                "events", directory(this::systems),
                "set_event", new TraceFile(0640,
                        () -> names(tracing.events().stream().filter(TraceEvent::isEnabled).toList()),
                        this::setEvents, () -> tracing.events().forEach(event -> event.enable(false))),
                "trace", file(tracing::text, text -> {}, tracing::clear),
                "tracing_on", file(() -> tracing.isOn() ? "1\n" : "0\n", text -> tracing.turn(number(text) != 0),
                        () -> {})));
    }

    private Map<String, SysfsNode> systems() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("enable", switches(tracing.events()));
        tracing.events().stream().collect(Collectors.groupingBy(TraceEvent::system)).forEach(
                (system, events) -> entries.put(system, directory(() -> eventsOf(events))));
        return entries;
    }

    private static Map<String, SysfsNode> eventsOf(List<TraceEvent> events) {
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("enable", switches(events));
        for (TraceEvent event : events) {
            entries.put(event.name(), directory(() -> Map.of(
                    "enable", switches(List.of(event)),
                    "format", readable(event::describe),
                    "id", readable(() -> event.id() + "\n"))));
        }
        return entries;
    }

    private static SysfsFile switches(List<TraceEvent> events) {
        return file(() -> {
            long on = events.stream().filter(TraceEvent::isEnabled).count();
            return events.isEmpty() ? "?\n" : on == 0 ? "0\n" : on == events.size() ? "1\n" : "X\n";
        }, text -> {
            long value = number(text);
            if (value != 0 && value != 1) {
                throw new ErrnoException(Errno.EINVAL, "an event is switched by 0 or 1, not " + value);
            }
            events.forEach(event -> event.enable(value == 1));
        }, () -> {});
    }

    private static String names(List<TraceEvent> events) {
        return events.stream().map(event -> event.system() + ':' + event.name() + '\n').collect(Collectors.joining());
    }

    /** Switches what the first word names; the rest is not taken. */
    private int setEvents(String text) throws ErrnoException {
        int start = 0;
        while (start < text.length() && SysfsText.isSpace(text.charAt(start))) {
            start++;
        }
        int end = start;
        while (end < text.length() && !SysfsText.isSpace(text.charAt(end))) {
            end++;
        }
        if (end > start) {
            setEvent(text.substring(start, end));
        }
        return Math.min(end + 1, text.length());
    }

    private void setEvent(String word) throws ErrnoException {
        boolean off = word.startsWith("!");
        String name = off ? word.substring(1) : word;
        List<TraceEvent> meant = tracing.events().stream().filter(event -> isNamed(event, name)).toList();
        if (meant.isEmpty()) {
            throw new ErrnoException(Errno.EINVAL, "no event is called '" + SysfsText.printable(name) + "'");
        }
        meant.forEach(event -> event.enable(!off));
    }

    /** Tells whether {@code SYSTEM:EVENT}, each perhaps {@code *} or nothing, or one name alone is meant for an event. */
    private static boolean isNamed(TraceEvent event, String name) {
        int colon = name.indexOf(':');
        return colon < 0
                ? name.equals(event.name()) || name.equals(event.system())
                : isPart(name.substring(0, colon), event.system()) && isPart(name.substring(colon + 1), event.name());
    }

    private static boolean isPart(String pattern, String name) {
        return pattern.isEmpty() || pattern.equals("*") || pattern.equals(name);
    }

    /** Reads a decimal number; the kernel takes no other here. */
    private static long number(String text) throws ErrnoException {
        if (text.length() > 1 && (text.charAt(1) == 'x' || text.charAt(1) == 'X')) {
            throw new ErrnoException(Errno.EINVAL, "not a decimal number: '" + SysfsText.printable(text) + "'");
        }
        return SysfsText.parseNumber(text);
    }

    private static SysfsDirectory directory(Supplier<Map<String, SysfsNode>> entries) {
        return SysfsDirectory.of(entries);
    }

    private static SysfsFile readable(Supplier<String> show) {
        return file(0440, show, text -> {
            throw new ErrnoException(Errno.EINVAL, "the file can only be read");
        }, () -> {});
    }

    private static SysfsFile file(Supplier<String> show, Store store, Runnable truncation) {
        return file(0640, show, store, truncation);
    }

    private static SysfsFile file(int mode, Supplier<String> show, Store store, Runnable truncation) {
        return new TraceFile(mode, show, text -> {
            store.store(text);
            return text.length();
        }, truncation);
    }

    private interface Store {
        void store(String text) throws ErrnoException;
    }

    private interface Writer {
        int write(String text) throws ErrnoException;
    }

    /** A file of tracefs: longer than a page, perhaps, and of no size. */
    private record TraceFile(int mode, Supplier<String> text, Writer writer, Runnable truncation) implements SysfsFile {
        @Override
        public long size() {
            return 0;
        }

        @Override
        public String show() {
            return text.get();
        }

        @Override
        public void store(String written) throws ErrnoException {
            writer.write(written);
        }

        @Override
        public int write(String written) throws ErrnoException {
            return writer.write(written);
        }

        @Override
        public void truncate() {
            truncation.run();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.List;
import java.util.Set;
import java.util.function.Function;

import org.apvirt.running.ControlException;
import org.apvirt.running.Journal;
import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.Views.ChangeView;
import org.apvirt.running.http.Views.LogView;
import org.apvirt.running.http.Views.UeventView;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Kernel log, uevents and changes: what happened, and as streams what happens. */
final class JournalRoutes {
    private static final int MOST_ENTRIES = 4096;

    private final RunningMachine running;
    private final StreamLimit streams;

    JournalRoutes(RunningMachine running, StreamLimit streams) {
        this.running = running;
        this.streams = streams;
    }

    List<Route> table() {
        return List.of(entries("/v1/log", running.log(), LogView::of),
                stream("/v1/log/stream", "log", running.log(), LogView::of),
                entries("/v1/uevents", running.uevents(), UeventView::of),
                stream("/v1/uevents/stream", "uevent", running.uevents(), UeventView::of),
                entries("/v1/changes", running.changes(), ChangeView::of),
                stream("/v1/changes/stream", "change", running.changes(), ChangeView::of));
    }

    private static <T extends Object> Route entries(String path, Journal<T> journal,
            Function<? super Journal.Entry<T>, ? extends Object> view) {
        return new Route("GET", path, Set.of("after", "most"), Set.of(), call -> {
            long after = call.number("after", 0, Long.MAX_VALUE, 0);
            int most = (int) call.number("most", 1, MOST_ENTRIES, MOST_ENTRIES);
            return Answer.ok(journal.after(after, most).stream().map(view).toList());
        });
    }

    private <T extends Object> Route stream(String path, String name, Journal<T> journal,
            Function<? super Journal.Entry<T>, ? extends Object> view) {
        return new Route("GET", path, Set.of("after"), Set.of(), call -> {
            long after = after(call, journal.last());
            streams.take();
            return new EventStream(streams, name, after, journal, view);
        });
    }

    /** Where a stream begins: what the client says, where it was, or now. */
    private static long after(Call call, long now) throws ControlException {
        @Nullable
        String last = call.lastEventId();
        if (last != null && call.word("after") == null && last.matches("[0-9]{1,18}")) {
            return Long.parseLong(last);
        }
        return call.number("after", 0, Long.MAX_VALUE, now);
    }
}

package org.apvirt.arch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> ran = new ArrayList<>();

    private void at(long nanos, String name) {
        time.schedule(nanos, () -> ran.add(name + '@' + time.nanos()));
    }

    @Test
    void nothingRunsUntilTheClockIsAdvanced() {
        at(0, "a");
        assertEquals(List.of(), ran);
        time.advance(0);
        assertEquals(List.of("a@0"), ran);
    }

    @Test
    void tasksRunByDeadlineAndThenByInsertionEachAtItsOwnTime() {
        at(20, "late");
        at(10, "first");
        at(10, "second");
        at(31, "beyond");
        time.advance(30);
        assertEquals(List.of("first@10", "second@10", "late@20"), ran);
        assertEquals(30, time.nanos());
    }

    @Test
    void aTaskMayScheduleAnotherThatIsDueInTheSameAdvance() {
        time.schedule(5, () -> at(5, "nested"));
        time.advance(10);
        assertEquals(List.of("nested@10"), ran);
    }

    @Test
    void aCancelledTaskDoesNotRun() {
        Time.Task task = time.schedule(1, () -> ran.add("cancelled"));
        task.cancel();
        time.advance(2);
        assertEquals(List.of(), ran);
    }

    @Test
    void realTimeRunsTasksUntilItIsClosed() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        try (RealTime real = new RealTime()) {
            real.schedule(1000, done::countDown);
            assertTrue(done.await(10, TimeUnit.SECONDS));
        }
    }
}

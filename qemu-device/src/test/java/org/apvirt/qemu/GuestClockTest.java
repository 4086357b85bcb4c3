// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Completion;
import org.apvirt.arch.Time;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The timers of a guest that is paused and goes on elsewhere. */
class GuestClockTest {
    private final VirtualTime here = new VirtualTime();
    private final VirtualTime there = new VirtualTime();
    private final RunState runState = new RunState();
    private final GuestClock clock = new GuestClock(runState, here);
    private final List<String> ran = new ArrayList<>();

    private Time.Task at(long nanos, String name) {
        return clock.schedule(nanos, () -> ran.add(name + '@' + clock.nanos()));
    }

    private void resume() {
        runState.resume();
        clock.resume();
    }

    @Test
    void aTimerRunsOnceInItsTimeUnlessItIsCancelled() {
        at(10, "ten");
        at(-5, "at once");
        Time.Task cancelled = at(20, "cancelled");
        here.advance(9);
        assertEquals(List.of("at once@0"), ran);
        here.advance(1);
        cancelled.cancel();
        cancelled.cancel();
        here.advance(100);
        assertEquals(List.of("at once@0", "ten@10"), ran);
    }

    @Test
    void whatIsDueInAPauseRunsWhenTheGuestRunsAgain() {
        at(10, "before");
        runState.pause();
        at(20, "during");
        Time.Task cancelled = at(5, "cancelled");
        here.advance(50);
        cancelled.cancel();
        assertEquals(List.of(), ran);
        resume();
        here.advance(0);
        assertEquals(List.of("before@50", "during@50"), ran);
        at(1, "after");
        here.advance(1);
        assertEquals("after@51", ran.get(2));
        here.advance(100);
        assertEquals(3, ran.size());
    }

    /** The clock neither jumps nor runs back, and a timer keeps what is left of its time. */
    @Test
    void onAnotherMachineItGoesOnWhereItWas() {
        here.advance(1_000);
        there.advance(70);
        at(10, "timer");
        Time.Task cancelled = at(15, "cancelled");
        runState.pause();
        here.advance(4);
        clock.moveTo(there);
        assertEquals(1_004, clock.nanos());
        here.advance(100);
        assertEquals(1_004, clock.nanos());
        resume();
        here.advance(1_000); // nothing of the guest is left there
        there.advance(5);
        assertEquals(List.of(), ran);
        there.advance(1);
        assertEquals(List.of("timer@1010"), ran);
        cancelled.cancel();
        clock.sleep(90);
        assertEquals(1_100, clock.nanos());
        assertEquals(166, there.nanos());
        Completion completion = new Completion(clock);
        at(5, "completes");
        clock.schedule(7, completion::complete);
        assertEquals(Completion.Outcome.DONE, completion.await(10, false));
        assertEquals(Completion.Outcome.TIMEOUT, new Completion(clock).await(10, false));
        assertEquals(1_117, clock.nanos());
        runState.pause();
        clock.moveTo(here);
        assertEquals(1_117, clock.nanos());
        resume();
        there.advance(1_000);
        assertEquals(List.of("timer@1010", "completes@1105"), ran);
    }

    /** Its guest's instructions in a timer do not wait for the pause that waits for the timer. */
    @Test
    void aTimerIsOverBeforeAPauseReturns() {
        clock.schedule(1, () -> {
            runState.enter();
            ran.add("instruction");
            runState.leave();
        });
        here.advance(1);
        runState.pause();
        assertEquals(List.of("instruction"), ran);
    }
}

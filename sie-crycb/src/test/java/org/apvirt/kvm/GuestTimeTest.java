// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Completion;
import org.apvirt.arch.Time;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class GuestTimeTest {
    private final VirtualTime machine = new VirtualTime();
    private final GuestTime guest = new GuestTime(machine);
    private final List<String> ran = new ArrayList<>();

    @Test
    void isThatOfTheMachine() {
        machine.advance(5);
        assertEquals(5, guest.nanos());
        guest.sleep(7);
        assertEquals(12, machine.nanos());
        Completion done = new Completion(guest);
        guest.schedule(3, done::complete);
        assertEquals(Completion.Outcome.DONE, guest.await(done, 10, false));
        assertEquals(15, machine.nanos());
    }

    @Test
    void whatIsScheduledRunsOnceAtItsTimeUnlessItIsCancelled() {
        guest.schedule(10, () -> ran.add("first"));
        Time.Task second = guest.schedule(20, () -> ran.add("second"));
        machine.advance(9);
        assertEquals(List.of(), ran);
        machine.advance(1);
        assertEquals(List.of("first"), ran);
        second.cancel();
        machine.advance(100);
        assertEquals(List.of("first"), ran);
    }

    @Test
    void nothingRunsAfterTheGuestIsGoneNeitherOldNorNew() {
        guest.schedule(10, () -> ran.add("old"));
        guest.stop();
        guest.schedule(10, () -> ran.add("new"));
        machine.schedule(10, () -> ran.add("the machine's own"));
        machine.advance(100);
        assertEquals(List.of("the machine's own"), ran);
    }
}

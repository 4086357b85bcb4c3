// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.gdb.GuestTransport;
import org.apvirt.qemu.S390Machine;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.running.GuestStatus.State;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;

/** Who may do what with a guest that somebody else is at. */
final class GuestRegistryTest {
    private static final String STUB = "/run/gdb";

    private final GuestRegistry registry = new GuestRegistry(new Journal<>(8));
    private final Guest guest = guest("one");
    private final AttachedGuest real = AttachedGuest.over(mock(GuestTransport.class), mock(ApPlatform.class),
            line -> {});

    private static Guest guest(String name) {
        return new Guest(name, null, new Guests.Line(List.of(), QemuVersion.SEED, "name"));
    }

    @BeforeEach
    void started() throws ControlException {
        registry.add(guest);
        registry.started(guest, mock(S390Machine.class), State.RUNNING);
    }

    @Test
    void aKernelIsServedByOneEvenWhileThatOneStillLooksForIt() throws ControlException {
        registry.claim("one", STUB);

        conflict("name 'one': somebody serves its kernel", "one");
        assertEquals("name 'one': somebody serves its kernel", assertThrows(ControlException.class,
                () -> registry.claimOrAdd(guest("one"), STUB)).getMessage());
    }

    @Test
    void aKernelThatWasNotThereCanBeLookedForAgain() throws ControlException {
        registry.giveUp(registry.claim("one", STUB));

        assertEquals(guest, registry.claim("one", "/run/other"));
    }

    @Test
    void aGuestWhoseKernelIsBeingLookedForDoesNotTravel() throws ControlException {
        registry.claim("one", STUB);

        assertTrue(assertThrows(ControlException.class, () -> registry.begin("one", State.MIGRATING)).getMessage()
                .contains("let go of it first"));
    }

    @Test
    void aGuestThatWasStoppedMeanwhileGetsNoKernel() throws ControlException {
        registry.claim("one", STUB);
        registry.stopping("one");

        assertFalse(registry.attached(guest, real));
    }

    @Test
    void aGuestThatIsStoppingStaysSo() throws ControlException {
        registry.begin("one", State.MIGRATING);
        registry.stopping("one");
        registry.become(guest, State.RUNNING);

        assertEquals(State.STOPPING, guest.state);
    }

    @Test
    void oneOfTwoEndsAGuest() {
        assertEquals(guest, registry.ending("one", there -> true));
        assertNull(registry.ending("one", there -> true));
    }

    @Test
    void theEndOfAKernelThatWasLetGoIsNotTheGuests() throws ControlException {
        registry.attached(registry.claim("one", STUB), real);

        assertEquals(real, registry.release("one"));
        assertNull(registry.ending("one", there -> there.real == real));
    }

    @Test
    void anLparIsNothingWithoutItsKernel() throws ControlException {
        Guest lpar = registry.claimOrAdd(guest("LPAR"), STUB);
        registry.giveUp(lpar);

        assertEquals(List.of("one"), registry.list(ApMask.NONE, ApMask.NONE, ApMask.NONE).stream()
                .map(GuestStatus::name).toList());
    }

    private void conflict(String message, String name) {
        ControlException refused = assertThrows(ControlException.class, () -> registry.claim(name, STUB));
        assertEquals(Reason.CONFLICT, refused.reason());
        assertEquals(message, refused.getMessage());
    }
}

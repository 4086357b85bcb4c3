// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a test that is written wrongly is told. */
class RefusedTest {
    @Test
    void aFileThatIsNotThereIsNamedWithBothPlacesWhereItWasLookedFor() {
        ExtensionConfigurationException e = assertThrows(ExtensionConfigurationException.class,
                () -> DescribedMachine.find("no-such.yaml", RefusedTest.class));
        assertTrue(
                e.getMessage().startsWith("@ApHost(\"no-such.yaml\") of org.apvirt.junit.RefusedTest: there is neither"
                        + " a resource /org/apvirt/junit/no-such.yaml on the class path nor a file /"),
                e::getMessage);
        assertTrue(e.getMessage().endsWith("/no-such.yaml"), e::getMessage);
    }

    @Test
    void aGuestThatTheFileDoesNotNameIsRefusedWithThoseThatItNames() {
        DescribedMachine machine = DescribedMachine.of("""
                adapters: {5: CEX5C}
                usage-domains: [4]
                guests: {a: {}, b: {}}
                """, "m");
        ParameterResolutionException e = assertThrows(ParameterResolutionException.class, () -> machine.guest("c"));
        assertEquals("@Guest(\"c\"): m has no such guest (guests: a, b)", e.getMessage());
    }

    @Test
    void aMachineWithoutGuestsHasNone() {
        DescribedMachine machine = DescribedMachine.of("{adapters: {5: CEX5C}, usage-domains: [4]}", "m");
        ParameterResolutionException e = assertThrows(ParameterResolutionException.class, () -> machine.guest("c"));
        assertTrue(e.getMessage().startsWith("@Guest(\"c\"): m:1:"), e::getMessage);
    }

    @Test
    void guestsThatWantTheSameQueueAreRefusedWithTheErrno() throws Exception {
        DescribedMachine machine = DescribedMachine.of("""
                level: linux-6.12
                adapters: {5: CEX5C}
                usage-domains: [4]
                guests: {a: {adapters: [5], domains: [4]}, b: {adapters: [5], domains: [4]}}
                """, "m");
        try (BootedHost booted = new BootedHost(machine, List.of())) {
            booted.guest("a");
            ParameterResolutionException e = assertThrows(ParameterResolutionException.class,
                    () -> booted.guest("b"));
            assertTrue(e.getMessage().startsWith("@Guest(\"b\"): ") && e.getMessage().contains("EADDRINUSE"),
                    e::getMessage);
            assertEquals(List.of("a"), booted.machine().guests().list().stream().map(guest -> guest.name()).toList());
        }
    }
}

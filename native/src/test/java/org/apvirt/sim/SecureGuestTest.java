// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SecureGuestTest {
    private static final Apqn ACCELERATOR = new Apqn(1, 0);
    private static final Apqn CCA = new Apqn(2, 0);
    private static final Apqn EP11 = new Apqn(3, 0);
    private static final int E = 0x8000_0000;
    private static final List<AssociationSecret> SECRETS = Stream.of("0", "1", "2", "3").map(AssociationSecret::named)
            .toList();

    private final VirtualTime time = new VirtualTime();
    private ApCommands ap = boot(secure());

    private SimulatedMachineBuilder secure() {
        return SimulatedMachine.builder(time).qciFlags(0xf080_0000).secureGuest(true).secrets(SECRETS)
                .usageDomains(ApMask.of(0)).adapter(AdapterSpec.of(1, 14, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(2, 14, AdapterMode.CCA))
                .adapter(AdapterSpec.of(3, 14, AdapterMode.EP11));
    }

    private static ApCommands boot(SimulatedMachineBuilder builder) {
        SimulatedMachine machine = builder.build();
        return new ApCommands(machine.instructions(), machine.facilities());
    }

    private int bindState(Apqn apqn) {
        ap.tapq(apqn);
        return new ApHardwareInfo(ap.hardwareInfo()).bindState();
    }

    private int send(Apqn apqn) {
        return ap.nqap(apqn, 1, new byte[8], 8, false);
    }

    @ParameterizedTest(name = "flags {0}, secure {1}")
    @CsvSource({"0xf0800000, false", "0xf0000000, true"})
    void withoutSecureExecutionOrItsFacilityBindingIsASpecificationException(String flags, boolean secure) {
        ap = boot(secure().qciFlags((int) (long) Long.decode(flags)).secureGuest(secure));
        assertThrows(IllegalStateException.class, () -> ap.bapq(EP11));
        assertThrows(IllegalStateException.class, () -> ap.aapq(EP11, 0));
        assertEquals(0, bindState(EP11));
    }

    @ParameterizedTest(name = "adapter {0}: {1}")
    @CsvSource({"1, 2", "2, 3", "3, 2"})
    void anUnboundQueueCannotBeUsed(int apid, int state) {
        Apqn apqn = new Apqn(apid, 0);
        assertEquals(state, bindState(apqn));
        assertEquals(E | 0x000b_0000, send(apqn));
        assertEquals(state, bindState(apqn));
    }

    @Nested
    class Binding {
        @Test
        void makesAnAcceleratorUsable() {
            assertEquals(E, ap.bapq(ACCELERATOR));
            assertEquals(0, bindState(ACCELERATOR));
            assertEquals(0x4000_0000, send(ACCELERATOR));
        }

        @Test
        void makesAnEp11CardUsableButNotWithSecureKeys() {
            assertEquals(E, ap.bapq(EP11));
            assertEquals(1, bindState(EP11));
            assertEquals(0x4000_0000, send(EP11));
        }

        @Test
        void twiceIsABindError() {
            ap.bapq(EP11);
            assertEquals(E | 0x0030_0000, ap.bapq(EP11));
        }

        @Test
        void ofACcaCardIsABindError() {
            assertEquals(E | 0x0030_0000, ap.bapq(CCA));
        }

        @Test
        void endsWithTheFBitOfAResetAndOnlyThen() {
            ap.bapq(EP11);
            ap.rapq(EP11, false);
            ap.zapq(EP11, false);
            assertEquals(1, bindState(EP11));
            ap.rapq(EP11, true);
            assertEquals(2, bindState(EP11));
        }
    }

    @Nested
    class Associating {
        @Test
        void makesABoundEp11CardUsableWithSecureKeys() {
            ap.bapq(EP11);
            assertEquals(E, ap.aapq(EP11, 3));
            assertEquals(0, bindState(EP11));
        }

        @Test
        void beforeBindingIsNotBound() {
            assertEquals(E | 0x000b_0000, ap.aapq(EP11, 3));
        }

        @Test
        void ofAnAcceleratorOrTwiceIsNotAvailable() {
            ap.bapq(ACCELERATOR);
            assertEquals(E | 0x0031_0000, ap.aapq(ACCELERATOR, 3));
            ap.bapq(EP11);
            ap.aapq(EP11, 3);
            assertEquals(E | 0x0031_0000, ap.aapq(EP11, 3));
        }

        @Test
        void withASecretThatDoesNotExistIsInvalid() {
            ap.bapq(EP11);
            assertEquals(E | 0x0034_0000, ap.aapq(EP11, 4));
        }

        @Test
        void aQueueThatHoldsMessagesIsNotEmpty() {
            ap.bapq(EP11);
            send(EP11);
            assertEquals(0x4032_0000, ap.aapq(EP11, 3));
        }

        @Test
        void mayTakeTimeDuringWhichTheStateIsChanging() {
            ap = boot(secure().associationTime(Duration.ofMillis(10)));
            ap.bapq(EP11);
            assertEquals(E | 0x000a_0000, ap.aapq(EP11, 3));
            assertEquals(E | 0x000a_0000, ap.aapq(EP11, 3));
            assertEquals(E | 0x000a_0000, ap.zapq(EP11, false));
            assertEquals(1, bindState(EP11));
            time.advanceMillis(10);
            assertEquals(0, bindState(EP11));
        }

        @Test
        void thatARunningResetUnbindsNeverCompletes() {
            ap = boot(secure().associationTime(Duration.ofMillis(10)));
            ap.bapq(EP11);
            ap.aapq(EP11, 3);
            assertEquals(E, ap.rapq(EP11, true));
            time.advanceMillis(10);
            assertEquals(2, bindState(EP11));
        }

        @Test
        void endsWhenTheQueueIsZeroized() {
            ap.bapq(EP11);
            ap.aapq(EP11, 3);
            ap.zapq(EP11, false);
            assertEquals(1, bindState(EP11));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.util.EnumSet;
import java.util.Set;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.VirtualTime;
import org.apvirt.hw.HardwareProbe.Reason;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ApHardwareTest {
    private static final boolean S390X = System.getProperty("os.arch").equals("s390x");

    private final VirtualTime time = new VirtualTime();
    private final SimulatedPort port = new SimulatedPort(memory -> {
        memory.gr(1, 0x8000_0000L);
        return 0;
    });
    private final ApPlatform simulated = new ApPlatform(new NativeInstructions(port), Facilities.NONE,
            ApFirmware.UNSUPPORTED, ApInterrupts.NONE, time);

    @Nested
    class OfThisMachine {
        @Test
        void theProbeSaysWhyAProcessCannotUseIt() {
            Set<Reason> possible = S390X
                    ? EnumSet.of(Reason.OPERATION, Reason.PRIVILEGED)
                    : EnumSet.of(Reason.OTHER_ARCHITECTURE);
            assertTrue(possible.contains(HardwareProbe.run().reason()), () -> HardwareProbe.run().toString());
        }

        @Test
        void openingItReturnsTheReasonOfTheProbe() {
            assertEquals(new ApHardware.Refused(HardwareProbe.run()), ApHardware.open(time));
        }

        @Test
        void theSimulatedMachineTakesItsPlaceAndTheResultSaysSo() {
            ApHardware.Opened opened = ApHardware.openElse(time, simulated);

            assertSame(simulated, opened.platform());
            assertEquals(ApHardware.Source.SIMULATOR, opened.source());
            assertFalse(opened.probe().isUsable());
            assertEquals("the simulated machine, because the hardware cannot be used: " + HardwareProbe.run(),
                    opened.toString());
        }

        @Test
        void itsFacilitiesAreThoseOfStfleAndThoseOfAnotherArchitectureAreNone() {
            ApMask bits = ApHardware.facilities().bits();
            // Bits 1 and 2: z/Architecture is installed and active, which is so wherever this runs on s390x.
            assertEquals(S390X, bits.contains(1) && bits.contains(2));
            assertEquals(S390X, !bits.equals(ApMask.NONE));
        }
    }

    @Nested
    class UsableHardware {
        @Test
        void answersTheInstructionsItself() {
            ApHardware.Opening opening = ApHardware.open(time, HardwareProbe.of(Reason.USABLE), port);

            ApHardware.Opened opened = assertInstanceOf(ApHardware.Opened.class, opening);
            assertEquals(ApHardware.Source.HARDWARE, opened.source());
            assertEquals(0x8000_0000, new ApCommands(opened.platform().instructions(), Facilities.NONE)
                    .tapq(new Apqn(5, 4)));
        }

        @Test
        void itsQueuesArePolledSoThatQueueInterruptionIsNotAmongItsFacilities() {
            ApHardware.Opening opening = ApHardware.open(time, HardwareProbe.of(Reason.KERNEL_HELPER), port);

            ApPlatform platform = assertInstanceOf(ApHardware.Opened.class, opening).platform();
            assertFalse(platform.facilities().has(Facilities.APQI));
            assertEquals(0, platform.interrupts().register(() -> {}));
        }

        @Test
        void isPreferredToTheSimulatedMachine() {
            ApHardware.Opening opening = ApHardware.open(time, HardwareProbe.of(Reason.USABLE),
                    SimulatedPort.answeringInterruption(ProgramCode.OPERATION));

            assertSame(opening, ApHardware.openElse(opening, simulated));
        }
    }

    @Nested
    class KernelHelperDevice {
        @Test
        void isNotThereOnThisMachine() {
            assertEquals(KernelHelper.NOT_LOADED, KernelHelper.open());
        }

        @Test
        void whoseDescriptorIsNotOpenRefusesInOneLine() {
            IllegalStateException refused = assertThrows(IllegalStateException.class,
                    () -> new KernelHelper(-1).issue(InstructionPort.PQAP, new NativeOperands()));
            // EBADF; qemu-user, which does not know the request, says ENOSYS before it looks at the descriptor.
            assertEquals("/dev/apvirt-insn refuses the request, errno N",
                    String.valueOf(refused.getMessage()).replaceFirst("(9|38)$", "N"));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Reason.class, mode = EnumSource.Mode.EXCLUDE, names = {"USABLE", "KERNEL_HELPER"})
    void everyOtherReasonRefuses(Reason reason) {
        ApHardware.Opening opening = ApHardware.open(time, HardwareProbe.of(reason), port);

        assertEquals(reason, opening.probe().reason());
        assertEquals(ApHardware.Source.SIMULATOR, ApHardware.openElse(opening, simulated).source());
    }
}

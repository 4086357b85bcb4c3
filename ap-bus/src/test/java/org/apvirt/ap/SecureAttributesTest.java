// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.AssociationSecret;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A Secure Execution guest with four secrets, an accelerator, a CCA and an EP11 coprocessor. */
class SecureAttributesTest {
    private static final int APSB = 0xf080_0000;
    private static final List<AssociationSecret> SECRETS = Stream.of("0", "1", "2", "3").map(AssociationSecret::named)
            .toList();
    private static final String ACCELERATOR = "/devices/ap/card01/01.0004/";
    private static final String CCA = "/devices/ap/card02/02.0004/";
    private static final String EP11 = "/devices/ap/card03/03.0004/";

    private TestHost host = boot(TestLevel.LINUX_7_2, true, APSB);

    private static TestHost boot(TestLevel level, boolean secure, int flags) {
        return new TestHost(level, machine -> guest(machine).secureGuest(secure).qciFlags(flags)).withDrivers();
    }

    private static SimulatedMachineBuilder guest(SimulatedMachineBuilder machine) {
        return machine.facilities(Facilities.of(Facilities.QCI, Facilities.APFT)).secrets(SECRETS)
                .associationTime(Duration.ofSeconds(2)).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(1, 14, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(2, 14, AdapterMode.CCA))
                .adapter(AdapterSpec.of(3, 14, AdapterMode.EP11));
    }

    @Test
    void aCcaQueueIsNeverUsableInASecureGuest() {
        assertFalse(host.bus.queue(new Apqn(2, 4)).isUsable());
        assertEquals("\n", host.read("/devices/ap/card02/serialnr"));
        assertEquals("\n", host.read("/devices/ap/card02/serialnr"), "once more: nobody waits for an answer");
        assertTrue(host.read(CCA + "mkvps").startsWith("AES NEW: - -\n"));
        assertEquals("0\n", host.read("/devices/ap/card02/request_count"));
    }

    @Test
    void aQueueIsUsableWhileItOperatesAndIsBound() throws ErrnoException {
        ApQueue queue = host.bus.queue(new Apqn(1, 4));
        assertFalse(queue.isUsable());
        bind(ACCELERATOR);
        assertTrue(queue.isUsable());
        host.machine.setResponse(queue.apqn(), 5);
        host.write(ACCELERATOR + "reset", "1");
        assertFalse(queue.isUsable(), "the reset was refused");
    }

    private void bind(String queue) throws ErrnoException {
        host.write(queue + "se_bind", "1\n");
    }

    @Nested
    class TheAttributes {
        @Test
        void areThereForAcceleratorsAndEp11Coprocessors() {
            assertEquals("unbound\n", host.read(ACCELERATOR + "se_bind"));
            assertEquals("-\n", host.read(ACCELERATOR + "se_associate"));
            assertEquals("unbound\n", host.read(EP11 + "se_bind"));
            assertEquals("unassociated\n", host.read(EP11 + "se_associate"));
            assertNull(host.node(CCA + "se_bind"));
            assertNull(host.node(CCA + "se_associate"));
        }

        @ParameterizedTest(name = "secure guest: {0}, QCI flags {1}")
        @CsvSource({"false, 0xf0800000", "true, 0xf0000000"})
        void areNotThereWithoutTheUltravisorOrTheFacility(boolean secure, String flags) {
            host = boot(TestLevel.LINUX_7_2, secure, (int) (long) Long.decode(flags));
            assertNull(host.node(EP11 + "se_bind"));
        }
    }

    @Nested
    class Binding {
        @Test
        void makesTheQueueUsable() throws ErrnoException {
            bind(ACCELERATOR);
            assertEquals("bound\n", host.read(ACCELERATOR + "se_bind"));
            assertEquals(List.of("change@/devices/ap/card01/01.0004"), host.uevents);
        }

        @Test
        void isNotToldByEarlierKernels() throws ErrnoException {
            host = boot(TestLevel.LINUX_6_12, true, APSB);
            bind(ACCELERATOR);
            assertEquals(List.of(), host.uevents);
        }

        @Test
        void twiceIsEinval() throws ErrnoException {
            bind(EP11);
            assertEquals(Errno.EINVAL, host.refused(EP11 + "se_bind", "1"));
        }

        @Test
        void whileTheQueueIsResetIsEbusy() throws ErrnoException {
            host.write(EP11 + "reset", "1");
            assertEquals("Reset in progress.\n", host.read(EP11 + "reset"));
            assertEquals(Errno.EBUSY, host.refused(EP11 + "se_bind", "1"));
        }

        @Test
        void thatTheMachineCannotTellOfIsEio() {
            host.machine.setResponse(new Apqn(3, 4), 0x03);
            assertEquals(Errno.EIO, host.refused(EP11 + "se_bind", "1"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "2", "x", "o"})
        void takesYesOrNoOnly(String text) {
            assertEquals(Errno.EINVAL, host.refused(EP11 + "se_bind", text));
        }

        @Test
        void isUndoneByAResetAlsoWhenAssociated() throws ErrnoException {
            bind(EP11);
            host.write(EP11 + "se_associate", "1");
            host.time.advanceMillis(3_000);
            host.instructions.clear();
            host.write(EP11 + "se_bind", "0");
            host.time.advanceMillis(200);
            assertEquals(List.of("RAPQ 03.0004"), host.instructions);
            assertEquals("unbound\n", host.read(EP11 + "se_bind"));
            assertEquals("unassociated\n", host.read(EP11 + "se_associate"));
        }
    }

    @Test
    void u27_u28_bindingAndAssociatingMakeTheQueueUsableAndAreTold() throws ErrnoException {
        ApQueue queue = host.bus.queue(new Apqn(3, 4));
        assertFalse(queue.isUsable());
        bind(EP11);
        assertEquals(List.of("/devices/ap/card03/03.0004 SE_BIND=1"), host.told("SE_"));
        assertTrue(queue.isUsable());
        host.write(EP11 + "se_associate", "3");
        host.time.advanceMillis(3_000);
        assertEquals("associated 3\n", host.read(EP11 + "se_associate"));
        assertEquals(List.of("/devices/ap/card03/03.0004 SE_BIND=1", "/devices/ap/card03/03.0004 SE_ASSOC=3"),
                host.told("SE_"));
    }

    @Nested
    class Associating {
        @Test
        void takesItsTimeAndIsTold() throws ErrnoException {
            bind(EP11);
            host.uevents.clear();
            host.write(EP11 + "se_associate", "0x3\n");
            assertEquals("association pending\n", host.read(EP11 + "se_associate"));
            assertEquals(List.of(), host.uevents);
            host.time.advanceMillis(3_000);
            assertEquals("associated 3\n", host.read(EP11 + "se_associate"));
            assertEquals(List.of("change@/devices/ap/card03/03.0004"), host.uevents);
            assertEquals("No Reset Timer set.\n", host.read(EP11 + "reset"));
        }

        @Test
        void aQueueThatIsNotBoundIsEinval() {
            assertEquals(Errno.EINVAL, host.refused(EP11 + "se_associate", "0"));
        }

        /** As recorded of Linux 6.12 and 7.2, in l02_se_states. */
        @Test
        void ofACardThatIsDeconfiguredIsEio() {
            host.machine.setResponse(new Apqn(3, 4), 0x03);
            assertEquals(Errno.EIO, host.refused(EP11 + "se_associate", "1"));
        }

        @Test
        void anAcceleratorIsEinval() throws ErrnoException {
            bind(ACCELERATOR);
            assertEquals(Errno.EINVAL, host.refused(ACCELERATOR + "se_associate", "0"));
        }

        @Test
        void withASecretThatTheGuestDoesNotHaveIsEio() throws ErrnoException {
            bind(EP11);
            assertEquals(Errno.EIO, host.refused(EP11 + "se_associate", "4"));
            assertEquals("unassociated\n", host.read(EP11 + "se_associate"));
        }

        @Test
        void whileAnAssociationRunsIsEbusy() throws ErrnoException {
            bind(EP11);
            host.write(EP11 + "se_associate", "1");
            assertEquals(Errno.EBUSY, host.refused(EP11 + "se_associate", "2"));
        }

        @ParameterizedTest(name = "{0} is {1}")
        @CsvSource({"65536, EINVAL", "4294967295, EINVAL", "4294967296, ERANGE", "-1, EINVAL", "one, EINVAL",
                "1 2, EINVAL"})
        void takesTheIndexOfASecretOnly(String text, Errno errno) throws ErrnoException {
            bind(EP11);
            assertEquals(errno, host.refused(EP11 + "se_associate", text));
        }

        @Test
        void isForgottenWhenTheQueueIsStartedAgainAndTheMachineStillHasIt() throws ErrnoException {
            bind(EP11);
            host.write(EP11 + "se_associate", "1");
            host.time.advanceMillis(3_000);
            host.machine.setResponse(new Apqn(3, 4), 0x04);
            host.bus.scan();
            host.machine.setResponse(new Apqn(3, 4), -1);
            host.bus.scan();
            host.time.advanceMillis(200);
            assertEquals("!EIO", host.read(EP11 + "se_associate"));
        }
    }
}

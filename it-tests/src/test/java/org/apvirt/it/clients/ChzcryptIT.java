// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.apvirt.it.clients.Clients.saysOn;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** chzcrypt of s390-tools 2.16 and 2.35. */
@Timeout(180)
class ChzcryptIT {
    @ParameterizedTest
    @ValueSource(strings = {"chzcrypt-2.16", "chzcrypt"})
    void takesCardsAndQueuesOfflineAndBack(String chzcrypt) throws Exception {
        assertEquals("""
                Setting cryptographic device card05 offline
                0
                0 1 0 0 1 1
                Setting cryptographic device card05 online
                0
                1 1 1 1 1 1
                0
                1 1 1 1 0 1
                0
                0 0 0 0 0 0
                0
                1 1 1 1 1 1
                """, says(LINUX_6_12, """
                online() { echo $(cat /sys/devices/ap/card0[56]/{,*.*/}online); }
                P -V -d 5; echo $?; online
                P -V -e card05; echo $?; online
                P -d 06.0004; echo $?; online
                P -d -a; echo $?; online
                P -e -a; echo $?; online
                """.replace("P ", chzcrypt + " ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"chzcrypt-2.16", "chzcrypt"})
    void configuresCards(String chzcrypt) throws Exception {
        assertEquals("""
                Setting cryptographic device card06 config off
                0
                0
                chzcrypt: Warning - device card06 is already config off.
                0
                chzcrypt: Warning - device 6 is deconfigured, can't set to online.

                0
                0
                1
                chzcrypt: Warning - device card06 is already config on.
                0
                """, says(LINUX_6_12, """
                P -V --config-off 6; echo $?; cat /sys/devices/ap/card06/config
                P --config-off 6; echo $?
                P -e 6; echo $?
                P --config_on 6; echo $?; cat /sys/devices/ap/card06/config
                P --config-on 6; echo $?
                """.replace("P ", chzcrypt + " ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"chzcrypt-2.16", "chzcrypt"})
    void setsTheBus(String chzcrypt) throws Exception {
        assertEquals("""
                Setting configuration timer to 60 seconds.
                0
                60
                0
                300000
                Setting default domain to 71.
                0
                71
                Disabling poll thread.
                0
                0
                """, says(LINUX_6_12, """
                cd /sys/bus/ap
                P -V -c 60; echo $?; cat config_time
                P -t 300000; echo $?; cat poll_timeout
                P -V -q 0x47; echo $?; cat ap_domain
                P -V -n; echo $?; cat poll_thread
                """.replace("P ", chzcrypt + " ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"chzcrypt-2.16", "chzcrypt"})
    void refusesWhatIsNotThereOrOutOfRange(String chzcrypt) throws Exception {
        assertEquals("""
                chzcrypt: Error - cryptographic device card07 does not exist.
                1
                chzcrypt: Error - cryptographic device card06/06.0005 does not exist.
                1
                chzcrypt: Error - cryptographic device x malformed.
                1
                chzcrypt: Need to specify at least one device ID.
                1
                chzcrypt: Error - cryptographic device card07 does not exist.
                1
                chzcrypt: Error - invalid default domain '300'.
                1
                chzcrypt: Error - unable to change configuration timer setting.
                1
                chzcrypt: Error - unable to change configuration timer setting.
                1
                chzcrypt: Error - unable to change poll timeout setting.
                1
                chzcrypt: Error - invalid poll timeout 'x'.
                1
                chzcrypt: Invalid option '-x'
                Try 'chzcrypt --help' for more information.
                1
                """, says(LINUX_6_12, """
                for words in "-d 7" "-d 6.5" "-d x" "-d" "--config-on 7" "-q 300" "-c 4" "-c 121" "-t 120000000001" \\
                        "-t x" "-x"; do
                    P $words; echo $?
                done
                """.replace("P ", chzcrypt + " ")));
    }

    /** The poll thread is not started on a machine with adapter interruptions, and chzcrypt reads that back. */
    @Test
    void cannotStartThePollThreadWhereInterruptionsAreUsed() throws Exception {
        assertEquals("chzcrypt: Error - unable to change poll thread setting.\n1\n0\n", says(LINUX_6_12,
                "chzcrypt -p; echo $?; cat /sys/bus/ap/poll_thread"));
    }

    @Test
    void startsThePollThreadWhereTheyAreNot() throws Exception {
        assertEquals("0\n1\n", saysOn("""
                facilities: [qci, apft, apxa]
                adapters: {5: CEX5C}
                usage-domains: [4]
                """, LINUX_6_12, "chzcrypt -p; echo $?; cat /sys/bus/ap/poll_thread"));
    }

    @Test
    void refusesSecureExecutionWithoutTheFacility() throws Exception {
        String refusal = "chzcrypt: Error - AP bus: SE bind support is not available.\n1\n";
        assertEquals(refusal + refusal + refusal, says(LINUX_6_12, """
                chzcrypt --se-bind 05.0004; echo $?
                chzcrypt --se-unbind 05.0004; echo $?
                chzcrypt --se-associate 1 05.0004; echo $?
                """));
    }

    /** A secure guest: a queue answers nothing until it is bound, and nothing again when it is unbound. */
    @Test
    void bindsAssociatesAndUnbindsAQueueOfASecureGuest() throws Exception {
        assertEquals("""
                SE bind state: unbound
                SE association state: unassociated
                MK WK CUR: - -
                Queue device 05.0004 successful bound.
                SE bind state: bound
                SE association state: unassociated
                MK WK CUR: invalid -
                Queue device 05.0004 successful associated with index 7.
                SE association state: associated 7
                usable
                chzcrypt: Error - Queue device 05.0004 is NOT in 'unbound' state (state 'bound' found).
                1
                Queue device 05.0004 successful unbound.
                SE bind state: unbound
                SE association state: unassociated
                MK WK CUR: - -
                unbound
                """, saysOn("""
                secure-guest: true
                adapters: {5: CEX8P}
                usage-domains: [4]
                """, Clients.LINUX_7_2, """
                state() { lszcrypt -c 05.0004 | tail -n +2; }
                state
                chzcrypt -V --se-bind 05.0004; state
                chzcrypt -V --se-associate 7 05.0004; state | grep associated
                lszcrypt -V 05.0004 | awk 'END { print $NF }'
                chzcrypt --se-bind 05.0004; echo $?
                chzcrypt -V --se-unbind 05.0004; state
                lszcrypt -V 05.0004 | awk 'END { print $NF }'
                """));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class StopTest {
    @ParameterizedTest
    @ValueSource(strings = {"T05thread:01;rwatch:f008;", "T05thread:01;rwatch:000000000000f008;"})
    void aWatchpointNamesTheAddressPaddedOrNot(String packet) throws RspException {
        assertEquals(new Stop(Stop.Kind.WATCHPOINT, "01", 0xf008), Stop.parse(packet));
    }

    @Test
    void signalTwoWasAskedFor() throws RspException {
        assertEquals(new Stop(Stop.Kind.ASKED, "02", 0), Stop.parse("T02thread:02;"));
    }

    @Test
    void signalFiveAloneIsABreakpointOrAStep() throws RspException {
        assertEquals(new Stop(Stop.Kind.TRAP, "01", 0), Stop.parse("T05thread:01;"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"W00", "X09"})
    void anExitEndsTheGuest(String packet) throws RspException {
        assertEquals(Stop.Kind.ENDED, Stop.parse(packet).kind());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "OK", "E22", "T", "T05thread:01;rwatch:xyz;"})
    void anythingElseIsABreach(String packet) {
        assertThrows(RspException.class, () -> Stop.parse(packet));
    }
}

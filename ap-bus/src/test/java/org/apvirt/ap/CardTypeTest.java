// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

/** Which type the drivers are to see of a card, by what it says and, if it is too new, by what QACT answers. */
class CardTypeTest {
    private static CardType of(TestLevel level, int responseCode, int answeredType) {
        ApInstructions firmware = mock(ApInstructions.class);
        when(firmware.pqap(any(), any())).thenAnswer(call -> {
            ApRegisters registers = call.getArgument(0);
            registers.low(1, responseCode << 16);
            registers.gr(2, (long) answeredType << 24);
            return responseCode == 0 ? 0 : 3;
        });
        return new CardType(level.kernel(new VirtualTime()), new ApCommands(firmware, Facilities.of(Facilities.QCI)));
    }

    private static ApConfigInfo config(boolean qact) {
        return ApConfigInfo.of(qact ? ApConfigInfo.QACT : 0, 63, 15, ApMask.of(5), ApMask.of(4), ApMask.NONE);
    }

    private static ApHardwareInfo card(int functions, int type) {
        return ApHardwareInfo.of(functions, type, 15, 3, 8);
    }

    @ParameterizedTest
    @CsvSource({"SEED, 5, 0", "SEED, 6, 6", "SEED, 14, 14", "LINUX_6_12, 9, 0", "LINUX_6_12, 10, 10",
            "LINUX_6_12, 14, 14"})
    void aTypeThatDriversKnowStaysAndAnOlderOneIsNone(TestLevel level, int type, int seen) {
        assertEquals(seen, of(level, 3, 0).compatible(new Apqn(5, 4), card(ApHardwareInfo.CCA, type), config(true)));
    }

    @ParameterizedTest
    @CsvSource({"true, 0, 14, 14", "true, 0, 10, 10", "true, 0, 9, 0", "true, 0, 15, 0", "true, 6, 14, 0",
            "false, 0, 14, 0"})
    void aNewerOneIsWhatQactSaysIfItIsOneThatDriversKnow(boolean qact, int responseCode, int answered, int seen) {
        for (TestLevel level : TestLevel.values()) {
            assertEquals(seen,
                    of(level, responseCode, answered).compatible(new Apqn(5, 4), card(ApHardwareInfo.CCA, 15),
                            config(qact)),
                    level.toString());
        }
    }

    /** Old cards do not say which mode they work in. */
    @ParameterizedTest
    @CsvSource({"SEED, 6, 0x08000000", "SEED, 7, 0x10000000", "SEED, 8, 0x08000000", "SEED, 9, 0x10000000",
            "SEED, 10, 0",
            "LINUX_6_12, 8, 0"})
    void theModeOfAnOldCardFollowsFromItsType(TestLevel level, int type, String functions) {
        assertEquals(Integer.decode(functions), of(level, 0, 0).of(card(0, type)).functions());
    }

    @ParameterizedTest
    @CsvSource({"LINUX_6_12, 32, 16", "LINUX_7_3, 32, 32", "LINUX_7_3, 16, 16"})
    void theFifthBitOfTheDepthCountsWhereItIsKnown(TestLevel level, int depth, int kept) {
        ApHardwareInfo queue = ApHardwareInfo.of(ApHardwareInfo.CCA, 14, 15, 3, depth);
        assertEquals(kept, of(level, 0, 0).of(queue).depth());
    }
}

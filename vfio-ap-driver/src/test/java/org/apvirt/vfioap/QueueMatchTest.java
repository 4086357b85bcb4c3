// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.Apqn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Whether a guest's queue can go on on another machine's: facilities, bind state, class and type. */
class QueueMatchTest {
    private static final Apqn QUEUE = Apqn.parse("05.0004");
    private static final long CCA = 0x9280_0000_0e00_0000L; // the function word, type 14

    private static List<String> problems(long source, long target) {
        return new QueueMatch(QUEUE, new ApHardwareInfo(source), new ApHardwareInfo(target)).problems();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 0x0000_0000_00ff_ffffL, 0x0000_3fff_0000_0000L})
    void whatDoesNotMatterMayDiffer(long bits) {
        assertEquals(List.of(), problems(CCA, CCA ^ bits));
    }

    @ParameterizedTest
    @CsvSource({"0x80000000, APSC facility", "0x40000000, 4096-bit modular exponentiation", "0x20000000, 4096-bit CRT",
            "0x10000000, Coprocessor mode", "0x08000000, Accelerator mode", "0x04000000, XCP mode",
            "0x02000000, APXA facility", "0x01000000, SLCF facility"})
    void aFacilityIsThereOnBothOrOnNone(String bit, String name) {
        long mask = Long.decode(bit) << 32;
        String first = "Migration failed: Source and target queue (05.0004) not compatible";
        assertEquals(List.of(first, name + " installed in source queue 05.0004",
                name + " not installed in target queue 05.0004"), problems(CCA | mask, CCA & ~mask));
        assertEquals(List.of(first, name + " not installed in source queue 05.0004",
                name + " installed in target queue 05.0004"), problems(CCA & ~mask, CCA | mask));
    }

    @Test
    void theTargetIsOfTheSameTypeOrNewer() {
        long older = 0x9280_0000_0d00_0000L;
        assertEquals(List.of(), problems(older, CCA));
        assertEquals(List.of("Migration failed: Source and target queue (05.0004) not compatible",
                "AP type of source (0e) not compatible with target (0d)"), problems(CCA, older));
    }

    @Test
    void theFullSetOfFunctionsIsNotLostButMayBeGained() {
        long restricted = 0x9240_0000_0e00_0000L;
        assertEquals(List.of(), problems(restricted, CCA));
        assertEquals(List.of("Migration failed: Source and target queue (05.0004) not compatible",
                "Full native card function available on source queue 05.0004",
                "Full native card function not available on target queue 05.0004"), problems(CCA, restricted));
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "0, 2", "3, 1"})
    void neitherIsBoundToASecureGuest(int source, int target) {
        long at = 0x4000_0000_0000L; // bits 16 and 17
        assertEquals(List.of("Migration failed: Source and target queue (05.0004) not compatible",
                "Bind/associate state for source (" + source + ") and target (" + target + ") queue 05.0004 must be 0"),
                problems(CCA | source * at, CCA | target * at));
    }
}

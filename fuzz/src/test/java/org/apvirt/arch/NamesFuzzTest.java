// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.fuzz.Refusals;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Names and masks of any text: either refused in one line, or what they print is what was read. */
class NamesFuzzTest {
    @FuzzTest(maxDuration = "2h")
    void apqn(byte[] bytes) {
        Apqn apqn;
        try {
            apqn = Apqn.parse(Refusals.text(bytes));
        } catch (IllegalArgumentException e) {
            Refusals.assertOneLine(e.getMessage());
            return;
        }
        assertEquals(apqn, Apqn.parse(apqn.toString()));
        assertEquals(apqn, Apqn.ofQid(apqn.qid()));
    }

    @FuzzTest(maxDuration = "2h")
    void maskInHexadecimal(byte[] bytes) {
        ApMask mask;
        try {
            mask = ApMask.parseHex(Refusals.text(bytes));
        } catch (IllegalArgumentException e) {
            Refusals.assertOneLine(e.getMessage());
            return;
        }
        assertEquals(mask, ApMask.parseHex(mask.toHex()));
        assertEquals(mask, ApMask.load(mask.toBytes(), 0));
    }
}

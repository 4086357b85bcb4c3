// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.fuzz.Refusals;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Dumps in any form: words about a CRYCB, or one line. */
class CrycbDumpFuzzTest {
    private static void inWords(CrycbDump dump) {
        dump.toString().lines().forEach(Refusals::assertOneLine);
        dump.remarks().forEach(Refusals::assertOneLine);
        assertEquals(dump.adapters().count() * dump.domains().count(), dump.apqns().size());
    }

    @FuzzTest(maxDuration = "2h")
    void dump(byte[] file) {
        for (CrycbFormat format : new CrycbFormat[]{null, CrycbFormat.FORMAT_0, CrycbFormat.FORMAT_2}) {
            try {
                inWords(CrycbDump.read(file, format));
            } catch (CrycbDumpException e) {
                Refusals.assertOneLine(e.getMessage());
            }
        }
    }

    @FuzzTest(maxDuration = "2h")
    void binaryBlock(byte[] masks) throws CrycbDumpException {
        byte[] block = Arrays.copyOf(masks, Crycb.LENGTH);
        block[0] = (byte) 0xff; // no text begins so
        inWords(CrycbDump.read(block, CrycbFormat.FORMAT_2));
    }
}

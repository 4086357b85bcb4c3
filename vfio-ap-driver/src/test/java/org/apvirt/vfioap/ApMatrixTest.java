// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApMask;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ApMatrixTest {
    private static ApMatrix matrix(ApMask apm, ApMask aqm) {
        return new ApMatrix(apm, aqm, ApMask.NONE);
    }

    @Nested
    class TheMatrixText {
        @Test
        void listsAdaptersOutermostAndAscending() {
            assertEquals("05.0004\n05.00ab\n06.0004\n06.00ab\n",
                    matrix(ApMask.of(6, 5), ApMask.of(0xab, 4)).matrixText());
        }

        @Test
        void ofAdaptersAloneEndsInADot() {
            assertEquals("05.\nff.\n", matrix(ApMask.of(5, 255), ApMask.NONE).matrixText());
        }

        @Test
        void ofDomainsAloneBeginsWithADot() {
            assertEquals(".0004\n.00ab\n", matrix(ApMask.NONE, ApMask.of(4, 0xab)).matrixText());
        }

        @Test
        void ofNothingIsEmpty() {
            assertEquals("", ApMatrix.NONE.matrixText());
        }

        @Test
        void ofAllQueuesIsCutAtOnePageWithinTheLastLine() {
            String text = matrix(ApMask.ALL, ApMask.ALL).matrixText();
            assertEquals(4095, text.length());
            assertTrue(text.endsWith("01.00fe\n01.00ff"), text.substring(4070));
        }
    }

    @Test
    void controlDomainsAreOneToALine() {
        assertEquals("0004\n0047\n00ff\n", ApMatrix.NONE.withAdm(ApMask.of(0x47, 4, 255)).controlDomainsText());
    }

    @Test
    void theConfigTextHasTheThreeMasksInOneLine() {
        assertEquals("0x06" + "0".repeat(62) + ",0x08" + "0".repeat(62) + ",0x" + "0".repeat(63) + "1\n",
                new ApMatrix(ApMask.of(5, 6), ApMask.of(4), ApMask.of(255)).configText());
    }
}

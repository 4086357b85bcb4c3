// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The words and blocks that the instructions answer with, against literal values. */
class ApWordsTest {
    @Nested
    class StatusWord {
        @Test
        void anEmptyIdleQueueIs80000000() {
            ApQueueStatus status = new ApQueueStatus(0x8000_0000);
            assertTrue(status.isEmpty());
            assertFalse(status.repliesWaiting());
            assertFalse(status.isFull());
            assertFalse(status.irqEnabled());
            assertSame(ApResponseCode.NORMAL, status.response());
        }

        @Test
        void eachFlagHasItsBit() {
            assertTrue(new ApQueueStatus(0x4000_0000).repliesWaiting());
            assertTrue(new ApQueueStatus(0x2000_0000).isFull());
            assertTrue(new ApQueueStatus(0x0200_0000).isAsync());
            assertTrue(new ApQueueStatus(0x8100_0000).irqEnabled());
        }

        @Test
        void anInvalidApqnIs00010000() {
            assertEquals(0x0001_0000, ApQueueStatus.wordOf(ApResponseCode.Q_NOT_AVAIL));
            assertSame(ApResponseCode.Q_NOT_AVAIL, new ApQueueStatus(0x0001_0000).response());
        }

        @Test
        void anUnknownResponseCodeStaysInTheWord() {
            ApQueueStatus status = new ApQueueStatus(0x002c_0000);
            assertSame(ApResponseCode.UNKNOWN, status.response());
            assertEquals(0x2c, ApQueueStatus.responseCode(status.word()));
        }

        @Test
        void every256thCodeRoundTripsOrIsUnknown() {
            for (int code = 0; code < 256; code++) {
                ApResponseCode rc = ApResponseCode.of(code);
                assertTrue(rc == ApResponseCode.UNKNOWN || rc.code() == code, rc::toString);
            }
            assertSame(ApResponseCode.Q_FULL, ApResponseCode.NO_PENDING_REPLY);
        }
    }

    @Nested
    class HardwareInfo {
        @Test
        void aCex5CoprocessorOfDepthEight() {
            ApHardwareInfo info = ApHardwareInfo.of(0xF200_0000, 11, 0, 0, 8);
            assertEquals(0xF200_0000_0B00_0007L, info.value());
            assertEquals(11, info.type());
            assertEquals(8, info.depth());
            assertTrue(info.isCca());
            assertFalse(info.isAccelerator());
            assertFalse(info.isEp11());
        }

        @Test
        void fieldsDoNotRunIntoEachOther() {
            ApHardwareInfo info = new ApHardwareInfo(0x0803_8000_0E54_0B0FL);
            assertEquals(0x0803_8000, info.functions());
            assertEquals(14, info.type());
            assertEquals(0x54, info.nd());
            assertEquals(11, info.ml());
            assertEquals(16, info.depth());
            assertEquals(2, info.bindState());
            assertTrue(info.isAccelerator());
        }
    }

    @Nested
    class ConfigInfo {
        @Test
        void theBlockHasItsFieldsWhereTheArchitecturePutsThem() {
            ApConfigInfo info = ApConfigInfo.of(0xF080_0000, 0x3f, 0x54, ApMask.of(5, 6), ApMask.of(4), ApMask.of(255));
            byte[] block = new byte[ApConfigInfo.LENGTH];
            info.storeTo(block, 0);
            assertEquals((byte) 0xf0, block[0]);
            assertEquals((byte) 0x80, block[1]);
            assertEquals(0x3f, block[4]);
            assertEquals(0x54, block[5]);
            assertEquals(0x06, block[0x10]);
            assertEquals(0x08, block[0x30]);
            assertEquals(0x01, block[0x6f]);
            assertEquals(info, ApConfigInfo.load(block, 0));
            assertTrue(info.has(ApConfigInfo.APSB));
        }

        @Test
        void loadingCopiesSoThatLaterWritesDoNotShow() {
            byte[] block = new byte[ApConfigInfo.LENGTH];
            ApConfigInfo info = ApConfigInfo.load(block, 0);
            block[0] = 1;
            assertEquals(ApConfigInfo.NONE, info);
        }
    }

    @Nested
    class Registers {
        @Test
        void settingTheLowWordKeepsTheHighWord() {
            ApRegisters registers = new ApRegisters();
            registers.gr(1, 0x1122_3344_5566_7788L);
            registers.low(1, 0x8000_0000);
            assertEquals(0x1122_3344_8000_0000L, registers.gr(1));
            assertEquals(0x8000_0000, registers.low(1));
        }
    }
}

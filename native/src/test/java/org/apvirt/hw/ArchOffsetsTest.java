// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.util.stream.Stream;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Pqap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The constants of ap-arch against what a C compiler makes of the same layouts. */
class ArchOffsetsTest {
    private static final StructOffsets C = StructOffsets.ofLibrary();

    static Stream<Arguments> numbers() {
        return Stream.of(number("ap_status_word", Integer.BYTES),
                number("ap_status_word.empty", ApQueueStatus.EMPTY),
                number("ap_status_word.replies_waiting", ApQueueStatus.REPLIES_WAITING),
                number("ap_status_word.full", ApQueueStatus.FULL),
                number("ap_status_word.async", ApQueueStatus.ASYNC),
                number("ap_status_word.irq_enabled", ApQueueStatus.IRQ_ENABLED),
                number("ap_status_word.response_code", ApQueueStatus.wordOf(0xff)),
                number("ap_tapq_info", Long.BYTES),
                function("apsc", ApHardwareInfo.APSC),
                function("mex4k", ApHardwareInfo.MEX4K),
                function("crt4k", ApHardwareInfo.CRT4K),
                function("cca", ApHardwareInfo.CCA),
                function("accel", ApHardwareInfo.ACCEL),
                function("ep11", ApHardwareInfo.EP11),
                function("apxa", ApHardwareInfo.APXA),
                function("slcf", ApHardwareInfo.SLCF),
                Arguments.of("ap_tapq_info.type", ApHardwareInfo.of(0, 0xff, 0, 0, 1).value()),
                Arguments.of("ap_tapq_info.nd", ApHardwareInfo.of(0, 0, 0xff, 0, 1).value()),
                Arguments.of("ap_tapq_info.ml", ApHardwareInfo.of(0, 0, 0, 0xf, 1).value()),
                Arguments.of("ap_tapq_info.depth_less_one", ApHardwareInfo.of(0, 0, 0, 0, 16).value()),
                number("ap_pqap_gr0.fc", 0xff << Pqap.FC_SHIFT),
                number("ap_pqap_gr0.t", Pqap.T_BIT),
                number("ap_pqap_gr0.f", Pqap.F_BIT),
                number("ap_pqap_gr0.reserved", Pqap.RESERVED),
                number("ap_message_gr0.dqap_first", Pqap.DQAP_FIRST),
                number("ap_message_gr0.nqap_last", Pqap.NQAP_LAST),
                number("ap_message_gr0.special", Pqap.SPECIAL),
                Arguments.of("ap_aqic_gr1.ir", Pqap.AQIC_IR),
                number("ap_config_info", ApConfigInfo.LENGTH),
                number("ap_config_info.apsc", ApConfigInfo.APSC),
                number("ap_config_info.apxa", ApConfigInfo.APXA),
                number("ap_config_info.qact", ApConfigInfo.QACT),
                number("ap_config_info.rc8a", ApConfigInfo.RC8A),
                number("ap_config_info.apsb", ApConfigInfo.APSB),
                number("ap_config_info.na", ApConfigInfo.NA_OFFSET),
                number("ap_config_info.nd", ApConfigInfo.ND_OFFSET),
                number("ap_config_info.apm", ApConfigInfo.APM_OFFSET),
                number("ap_config_info.aqm", ApConfigInfo.AQM_OFFSET),
                number("ap_config_info.adm", ApConfigInfo.ADM_OFFSET));
    }

    private static Arguments number(String name, int value) {
        return Arguments.of(name, Integer.toUnsignedLong(value));
    }

    /** The function word is the left half of the register. */
    private static Arguments function(String name, int mask) {
        return Arguments.of("ap_tapq_info." + name, (long) mask << 32);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void theJavaConstantIsWhatCSays(String name, long java) {
        assertEquals(Long.toHexString(C.of(name)), Long.toHexString(java));
    }

    @Test
    void bindStateIsTakenFromTheBitsThatCNames() {
        assertEquals(3, new ApHardwareInfo(C.of("ap_tapq_info.bind_state")).bindState());
        assertEquals(0, new ApHardwareInfo(~C.of("ap_tapq_info.bind_state")).bindState());
    }

    @Test
    void apqnBitsOfApxaAreInsideTheApqn() {
        assertEquals(Pqap.APXA_QID, Pqap.APXA_QID & C.of("ap_message_gr0.apqn"));
    }

    @Test
    void anUnknownNameIsRefused() {
        assertEquals("no structure or field ap_mask in the C library",
                assertThrows(IllegalArgumentException.class, () -> C.of("ap_mask")).getMessage());
    }
}

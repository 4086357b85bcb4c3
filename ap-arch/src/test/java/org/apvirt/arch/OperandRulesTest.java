// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.HexFormat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Which operands end in which program interruption: 2 privileged operation, 6 specification, 0 none. */
class OperandRulesTest {
    private final OperandRules all = OperandRules.of(Facilities.of(Facilities.QCI, Facilities.APFT))
            .with(Pqap.AQIC).with(Pqap.QACT).with(Pqap.BAPQ);
    private final OperandRules least = OperandRules.of(Facilities.of());

    private static ApRegisters registers(String gr0) {
        ApRegisters regs = new ApRegisters();
        regs.gr(0, Long.decode(gr0));
        regs.gr(5, 1);
        return regs;
    }

    @ParameterizedTest(name = "GR0 {0}: {1}, without facilities {2}")
    @CsvSource({"0x000005ab, 0, 0", "0x008005ab, 0, 6", "0x004005ab, 6, 6", "0x010005ab, 0, 0", "0x014005ab, 0, 0",
            "0x020005ab, 0, 0", "0x024005ab, 0, 0", "0x018005ab, 0, 6", "0x030005ab, 0, 6", "0x034005ab, 6, 6",
            "0x04000000, 0, 6", "0x050005ab, 0, 6", "0x054005ab, 0, 6", "0x060005ab, 6, 6", "0x070005ab, 0, 6",
            "0x080005ab, 6, 6", "0x1f0005ab, 6, 6", "0x200005ab, 6, 6", "0x210005ab, 6, 6", "0xff0005ab, 6, 6",
            "0x000105ab, 6, 6", "0x002005ab, 6, 6", "0x003f05ab, 6, 6"})
    void ofPqapAreFunctionsThatThereAreWithTheBitsThatTheyTake(String gr0, int expected, int expectedOfLeast) {
        assertEquals(expected, all.pqap(registers(gr0), true));
        assertEquals(expectedOfLeast, least.pqap(registers(gr0), true));
    }

    @ParameterizedTest(name = "at {0}: {1}")
    @CsvSource({"0x1000, 0", "0x1008, 0", "0x1001, 6", "0x1002, 6", "0x1004, 6"})
    void ofQciAreABlockOnADoublewordAndNoQueue(String address, int expected) {
        ApRegisters regs = registers("0x0400ffff");
        regs.gr(2, Long.decode(address));
        assertEquals(expected, all.pqap(regs, false));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0x3f0f, 0", "0x400f, 6", "0x800f, 6", "0x3f10, 6", "0x3f80, 6", "0x3f20, 6"})
    void withoutApxaAreAdaptersTo63AndDomainsTo15(String queue, int expected) {
        ApRegisters regs = registers(queue);
        assertEquals(expected, all.pqap(regs, false));
        assertEquals(expected, OperandRules.nqap(regs, 2, 4, false));
        assertEquals(expected, OperandRules.dqap(regs, 2, 4, false));
        assertEquals(0, all.pqap(regs, true));
        assertEquals(0, OperandRules.nqap(regs, 2, 4, true));
    }

    @ParameterizedTest(name = "GR0 {0}: NQAP {1}, DQAP {2}")
    @CsvSource({"0x400005ab, 0, 6", "0x404005ab, 0, 6", "0x800005ab, 6, 0", "0x8f0005ab, 6, 0", "0x010005ab, 6, 0",
            "0x004005ab, 0, 6", "0x100005ab, 6, 6", "0x000105ab, 6, 6", "0x200005ab, 6, 6"})
    void ofMessagesAreTheBitsOfTheInstruction(String gr0, int nqap, int dqap) {
        assertEquals(nqap, OperandRules.nqap(registers(gr0), 2, 4, true));
        assertEquals(dqap, OperandRules.dqap(registers(gr0), 2, 4, true));
    }

    @ParameterizedTest
    @CsvSource({"2, 4, 0", "3, 4, 6", "2, 5, 6", "0, 4, 0"})
    void ofMessagesAreEvenRegistersAndALength(int r1, int r2, int expected) {
        ApRegisters regs = registers("0x5ab");
        regs.gr(6, 1);
        assertEquals(expected, OperandRules.nqap(regs, r1, r2, true));
        assertEquals(expected, OperandRules.dqap(regs, r1, r2, true));
        regs.gr(5, 0);
        assertEquals(6, OperandRules.nqap(regs, 2, 4, true));
        assertEquals(6, OperandRules.dqap(regs, 2, 4, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x000005ab", "0x200005ab", "0x003f05ab"})
    void inProblemStateAllArePrivilegedWhateverElseIsWrong(String gr0) {
        ApRegisters regs = registers(gr0);
        regs.problemState(true);
        assertEquals(2, all.pqap(regs, true));
        assertEquals(2, OperandRules.nqap(regs, 3, 5, true));
        assertEquals(2, OperandRules.dqap(regs, 3, 5, true));
    }

    @Test
    void whatIsGrantedIsReadByteByByte() {
        byte[] block = new byte[3 + ApConfigInfo.LENGTH];
        for (int i = 0; i < ApConfigInfo.LENGTH; i++) {
            block[3 + i] = (byte) (0x81 + i);
        }
        ApConfigInfo info = ApConfigInfo.load(block, 3);
        assertEquals("81828384 85 86",
                String.format("%x %x %x", info.flags(), info.na(), info.nd()));
        assertEquals("0x" + "9192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0", info.apm().toString());
        assertEquals("0xb1b2", info.aqm().toString().substring(0, 6));
        assertEquals("0xd1d2", info.adm().toString().substring(0, 6));
        byte[] again = new byte[ApConfigInfo.LENGTH];
        ApConfigInfo copy = ApConfigInfo.of(info.flags(), info.na(), info.nd(), info.apm(), info.aqm(), info.adm());
        copy.storeTo(again, 0);
        assertEquals("8182838485860000", HexFormat.of().formatHex(again, 0, 8));
        assertEquals(false, copy.equals(info), "reserved bytes count");
        assertEquals(ApConfigInfo.load(again, 0), copy);
        assertEquals(ApConfigInfo.load(again, 0).hashCode(), copy.hashCode());
        assertEquals("flags=0x81828384 na=133 nd=134 apm=" + info.apm() + " aqm=" + info.aqm() + " adm=" + info.adm(),
                copy.toString());
        assertEquals(true, info.has(ApConfigInfo.APSC));
        assertEquals(false, info.has(ApConfigInfo.APXA));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The control block of UVC: where each field is, and the codes of its commands. */
class UltravisorBlockTest {
    /** Length, code and place in the list of installed commands are in the public description. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"QUERY, 01200001, 0", "SET_SHARED, 00301000, 8", "REMOVE_SHARED, 00301001, 9",
            "ADD_SECRET, 00481031, 29", "LIST_SECRETS, 00481033, 30", "LOCK_SECRETS, 00401034, 31"})
    void aRequestSaysItsLengthAndItsCommand(UltravisorCommand command, String header, int bit) {
        byte[] block = UltravisorBlock.request(command);
        assertEquals(header + "00".repeat(block.length - 4), HexFormat.of().formatHex(block));
        assertEquals(HexFormat.fromHexDigits(header.substring(0, 4)), block.length);
        UltravisorBlock view = UltravisorBlock.of(block);
        assertEquals(List.of(command.lengthBytes(), command.code()), List.of(view.length(), view.command()));
        assertEquals(command, UltravisorCommand.of(view.command()));
        assertEquals(bit, command.bit());
    }

    @Test
    void otherCodesAreNoCommandsOfAGuest() {
        assertNull(UltravisorCommand.of(0));
        assertNull(UltravisorCommand.of(0x1032));
    }

    @ParameterizedTest
    @EnumSource
    void aCommandIsInstalledIfItsBitIsSetAndNoOther(UltravisorCommand command) {
        byte[] block = new byte[0x120];
        UltravisorBlock view = UltravisorBlock.of(block);
        view.add(command);
        Stream.of(UltravisorCommand.values()).forEach(each -> assertEquals(each == command, view.has(each)));
        assertEquals(Long.MIN_VALUE >>> command.bit(), ByteBuffer.wrap(block).getLong(0x10));
        view.add(UltravisorCommand.QUERY);
        assertTrue(view.has(command) && view.has(UltravisorCommand.QUERY));
    }

    @Test
    void theReturnCodeHasNoReason() {
        byte[] block = HexFormat.of().parseHex("0008100000000000");
        block[6] = block[7] = 1;
        UltravisorBlock view = UltravisorBlock.of(block);
        view.returnCode(0x8105);
        assertEquals("0008100081050000", HexFormat.of().formatHex(block));
        assertEquals(0x8105, view.returnCode());
    }

    /** Every field has a value of its own, with the sign bit set. */
    @Test
    void eachFieldOfTheAnswersIsWhereTheArchitecturePutsIt() {
        ByteBuffer block = ByteBuffer.allocate(0x120);
        for (int at = 0x10; at < block.capacity(); at += 2) {
            block.putShort(at, (short) (0x8000 | at));
        }
        UltravisorBlock view = UltravisorBlock.of(block.array());
        assertEquals(List.of(0x801e, 0x809e, 0x8110, 0x8112), List.of(view.startIndex(), view.highestCpu(),
                view.mostAssociationSecrets(), view.mostRetrievableSecrets()));
        assertEquals(List.of(0x8020_8022_8024_8026L, 0x80a0_80a2_80a4_80a6L, 0x80f8_80fa_80fc_80feL,
                0x8100_8102_8104_8106L, 0x8108_810a_810c_810eL),
                List.of(view.address(), view.features(), view.secretVersions(), view.secretFlags(),
                        view.secretTypes()));
        assertEquals(List.of(0x8010_8012_8014_8016L, 0x8018_801a_801c_801eL, 0x8028_802a_802c_802eL),
                List.of(view.commands(0), view.commands(1), view.commands(3)));
    }

    @Test
    void whatIsSetIsReadAgainAndNothingElseChanges() {
        byte[] block = new byte[0x120];
        UltravisorBlock view = UltravisorBlock.of(block);
        view.highestCpu(0xfffe);
        view.features(UltravisorBlock.FEATURE_AP);
        view.secretTypes(0x8000_0000_0000_0001L);
        view.mostAssociationSecrets(0xff00);
        assertEquals(List.of(0xfffe, 0xff00), List.of(view.highestCpu(), view.mostAssociationSecrets()));
        assertEquals(List.of(0x0800_0000_0000_0000L, 0x8000_0000_0000_0001L),
                List.of(view.features(), view.secretTypes()));
        view.highestCpu(0);
        view.features(0);
        view.secretTypes(0);
        view.mostAssociationSecrets(0);
        assertEquals("00".repeat(0x120), HexFormat.of().formatHex(block));
        assertFalse(view.has(UltravisorCommand.QUERY));
    }
}

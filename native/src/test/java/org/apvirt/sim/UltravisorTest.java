// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.UltravisorCommand;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UltravisorTest {
    private static final int BLOCK = 0x1000;
    private static final int PAGE = 0x4000;
    private static final int REQUEST = 0x6000;

    /** 64 KiB that are the same at logical and absolute addresses. */
    private final byte[] memory = new byte[1 << 16];
    private final Storage storage = new Storage() {
        @Override
        public int load(long address, byte[] into, int offset, int length) {
            if (address < 0 || address > memory.length - length) {
                return ProgramCode.ADDRESSING;
            }
            System.arraycopy(memory, (int) address, into, offset, length);
            return 0;
        }

        @Override
        public int store(long address, byte[] from, int offset, int length) {
            if (address < 0 || address > memory.length - length) {
                return ProgramCode.ADDRESSING;
            }
            System.arraycopy(from, offset, memory, (int) address, length);
            return 0;
        }

        @Override
        public int loadAbsolute(long address, byte[] into, int offset, int length) {
            return load(address, into, offset, length);
        }

        @Override
        public int storeAbsolute(long address, byte[] from, int offset, int length) {
            return store(address, from, offset, length);
        }
    };
    private final ByteBuffer view = ByteBuffer.wrap(memory);
    private final ApRegisters registers = new ApRegisters();
    private SimulatedMachine machine = boot(List.of(AssociationSecret.named("backup"),
            AssociationSecret.named("ff".repeat(32))));

    private static SimulatedMachine boot(List<AssociationSecret> secrets) {
        return SimulatedMachine.builder(new VirtualTime()).secureGuest(true).secrets(secrets).build();
    }

    private int call(long address) {
        registers.gr(2, address);
        return machine.platform().ultravisor().uvc(registers, storage, 1, 2);
    }

    /** Calls with a block of this header and doublewords from 0x18 on; returns condition code and return code, {@code 0:0001}. */
    private String call(int command, int length, long... words) {
        Arrays.fill(memory, BLOCK, BLOCK + 0x200, (byte) 0);
        view.putShort(BLOCK, (short) length).putShort(BLOCK + 2, (short) command);
        for (int i = 0; i < words.length; i++) {
            view.putLong(BLOCK + 0x18 + 8 * i, words[i]);
        }
        int result = call(BLOCK);
        return result + ":" + HexFormat.of().toHexDigits(view.getShort(BLOCK + 4));
    }

    private String add(String request) {
        System.arraycopy(HexFormat.of().parseHex(request), 0, memory, REQUEST, request.length() / 2);
        return call(0x1031, 0x48, 0, REQUEST);
    }

    private static String request(String version, String length, String type, String rest) {
        return "61737263624d0000" + version + length + type + rest + "ab".repeat(32);
    }

    private static final String ZERO = "0".repeat(28);
    private static final String GOOD = request("41500001", "00000040", "0002", ZERO);

    @Test
    void whatItCanDoIsWhatAKernelAsksBeforeItIsASecureGuest() {
        assertEquals("0:0001", call(0x0001, 0x120));
        assertEquals(0x80c0_0007_0000_0000L, view.getLong(BLOCK + 0x10));
        assertEquals(0x0800_0000_0000_0000L, view.getLong(BLOCK + 0xa0));
        assertEquals(0x2000_0000_0000_0000L, view.getLong(BLOCK + 0x108));
        assertEquals(247, view.getShort(BLOCK + 0x9e));
        assertEquals(512, view.getShort(BLOCK + 0x110));
        assertTrue(machine.facilities().has(Facilities.UVC));
        assertTrue(machine.platform().isSecureGuest());
    }

    @Test
    void anOlderKernelThatHasRoomForLessIsToldThatThereIsMore() {
        assertEquals("1:0100", call(0x0001, 0xa8));
        assertEquals(0x80c0_0007_0000_0000L, view.getLong(BLOCK + 0x10));
        assertEquals(0, view.getLong(BLOCK + 0x108));
    }

    @Test
    void aMachineThatIsNoSecureGuestHasNone() {
        machine = SimulatedMachine.builder(new VirtualTime()).build();
        assertEquals(ApInstructions.interruption(ProgramCode.OPERATION), call(BLOCK));
        assertFalse(machine.facilities().has(Facilities.UVC));
    }

    @Test
    void anOperatingSystemThatIsNotToldSeesNone() {
        assertFalse(machine.platform().withoutUltravisor().isSecureGuest());
        assertFalse(machine.platform().withoutUltravisor().facilities().has(Facilities.UVC));
        assertEquals(ApInstructions.interruption(ProgramCode.OPERATION),
                machine.platform().withoutUltravisor().ultravisor().uvc(registers, storage, 1, 2));
    }

    @Test
    void programsMayNotCallIt() {
        registers.problemState(true);
        assertEquals(ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION), call(BLOCK));
    }

    @ParameterizedTest
    @CsvSource({"1000, 30, 4000, 0:0001", "1001, 30, 4000, 0:0001", "1000, 30, 4001, 1:0032",
            "1000, 30, 7ffff000, 1:0032",
            "1001, 30, fffffffffffff000, 1:0032", "1000, 38, 4000, 1:0005", "1001, 28, 4000, 1:0005"})
    void pagesThatThereAreAreShared(String command, String length, String page, String answer) {
        assertEquals(answer,
                call(Integer.parseInt(command, 16), Integer.parseInt(length, 16), 0, Long.parseUnsignedLong(page, 16)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0000, 0x0002, 0x000f, 0x0100, 0x1020, 0x1035, 0xffff})
    void aCommandThatIsNotListedIsInvalid(int command) {
        assertEquals("1:0002", call(command, 0x48));
    }

    @ParameterizedTest
    @ValueSource(longs = {0xffffL, 0x1_0000L, Long.MAX_VALUE - 3, -8})
    void aBlockThatCannotBeReachedIsAnInterruption(long address) {
        assertEquals(ApInstructions.interruption(ProgramCode.ADDRESSING), call(address));
    }

    @Nested
    class Secrets {
        @Test
        void areListedWithIndexAndIdNeverWithWhatTheyAre() throws Exception {
            assertEquals("0:0001", call(0x1033, 0x48, 0, PAGE));
            assertEquals(0x0002_0002_0000_0000L, view.getLong(PAGE));
            assertEquals(0x0000_0002_0000_0020L, view.getLong(PAGE + 0x10));
            byte[] sha = MessageDigest.getInstance("SHA-256")
                    .digest("backup".getBytes(StandardCharsets.UTF_8));
            assertEquals(ByteBuffer.wrap(sha), view.slice(PAGE + 0x20, 32));
            assertEquals(0x0001_0002_0000_0020L, view.getLong(PAGE + 0x40));
            assertEquals(-1, view.getLong(PAGE + 0x50));
        }

        @Test
        void thatDoNotFitOnAPageAreOnTheNext() {
            machine = boot(IntStream.range(0, 90).mapToObj(i -> AssociationSecret.named("s" + i)).toList());
            assertEquals("1:0100", call(0x1033, 0x48, 0, PAGE));
            assertEquals(0x0055_005a_0055_0000L, view.getLong(PAGE));
            assertEquals("0:0001", call(0x1033, 0x48, 85, PAGE));
            assertEquals(0x0005_005a_0000_0000L, view.getLong(PAGE));
            assertEquals(85, view.getShort(PAGE + 0x10));
        }

        @Test
        void areAddedByARequestOfOurOwn() {
            assertEquals("0:0001", add(GOOD));
            assertEquals("0:0001", call(0x1033, 0x48, 2, PAGE));
            assertEquals(0x0001_0003_0000_0000L, view.getLong(PAGE));
            assertEquals(0xabab_abab_abab_ababL, view.getLong(PAGE + 0x20));
            assertTrue(machine.hasSecret(2));
            assertFalse(machine.hasSecret(3));
        }

        @Test
        void areNotAddedByOtherRequests() {
            assertEquals("1:0108", add(request("00000100", "00000040", "0002", ZERO)), "IBM's");
            assertEquals("1:0108", add("00" + GOOD.substring(2)), "magic");
            assertEquals("1:0104", add(request("00000200", "00000040", "0002", ZERO)), "version");
            assertEquals("1:0105", add(request("41500001", "00000048", "0002", ZERO)), "length");
            assertEquals("1:0109", add(request("41500001", "00000040", "0003", ZERO)), "type");
            assertEquals("1:0107", add(request("41500001", "00000040", "0002", ZERO.substring(2) + "01")), "reserved");
            assertEquals("1:0031", call(0x1031, 0x48, 0, 0x1_0000), "not reached");
            assertFalse(machine.hasSecret(2));
        }

        @Test
        void areNotAddedOnceTheyAreLocked() {
            assertEquals("0:0001", call(0x1034, 0x40));
            assertEquals("1:0102", call(0x1034, 0x40));
            assertEquals("1:0102", add(GOOD));
        }

        @Test
        void areAddedUntilThereIsNoMoreRoom() {
            machine = boot(IntStream.range(0, 511).mapToObj(i -> AssociationSecret.named("s" + i)).toList());
            assertEquals("0:0001", add(GOOD));
            assertEquals("1:010b", add(GOOD));
        }

        @Test
        void areListedOnlyIntoAPage() {
            assertEquals("1:0032", call(0x1033, 0x48, 0, PAGE + 8));
            assertEquals("1:0031", call(0x1033, 0x48, 0, 0x10_0000));
        }
    }

    /** Whatever a kernel puts into a block: a condition code and a return code, or an interruption, and nothing outside is changed. */
    @ParameterizedTest
    @EnumSource(UltravisorCommand.class)
    void whateverIsWrongWithABlockIsToldByACode(UltravisorCommand command) {
        Random random = new Random(command.code());
        byte[] some = new byte[0x200];
        for (int i = 0; i < 2000; i++) {
            random.nextBytes(some);
            System.arraycopy(some, 0, memory, BLOCK, some.length);
            byte[] before = memory.clone();
            int address = i % 5 == 0 ? random.nextInt(1 << 17) : BLOCK;
            if (address <= memory.length - 4 && i % 3 != 0) {
                view.putShort(address, (short) (i % 2 == 0 ? command.lengthBytes() : random.nextInt(0x200)))
                        .putShort(address + 2, (short) command.code());
                if (i % 4 == 0 && address <= memory.length - 0x28) {
                    view.putLong(address + 0x20, random.nextInt(32) * 0x1000L);
                }
            }
            int result = call(address);
            if (ApInstructions.isInterruption(result)) {
                assertEquals(ProgramCode.ADDRESSING, ApInstructions.programCode(result));
            } else {
                int code = view.getShort(address + 4) & 0xffff;
                assertEquals(result == 0, code == 1, "condition code " + result + " with return code " + code);
                assertTrue(code != 0 && result <= 1);
            }
            if (address == BLOCK && (memory[BLOCK + 2] << 8 | memory[BLOCK + 3]) != 0x1033) {
                assertEquals(ByteBuffer.wrap(before, 0, BLOCK), view.slice(0, BLOCK));
                assertEquals(ByteBuffer.wrap(before, BLOCK + 0x120, 0x1000), view.slice(BLOCK + 0x120, 0x1000));
            }
        }
    }
}

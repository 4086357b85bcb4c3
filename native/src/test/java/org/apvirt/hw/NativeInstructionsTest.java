// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import java.util.Arrays;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NativeInstructionsTest {
    private static final int SPECIFICATION = ApInstructions.interruption(ProgramCode.SPECIFICATION);
    private static final int ADDRESSING = ApInstructions.interruption(ProgramCode.ADDRESSING);
    private static final int PRIVILEGED = ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);

    private final ApRegisters registers = new ApRegisters();
    private final ArrayStorage storage = new ArrayStorage(0x400);

    /** Every register another value, with all 64 bits in use. */
    private void fillRegisters() {
        for (int i = 0; i < 16; i++) {
            registers.gr(i, 0x8101_0101_0101_0100L + i);
        }
    }

    @Nested
    class Pqap {
        @Test
        void registers0To2GoInAnd1And2ComeOut() {
            SimulatedPort port = new SimulatedPort(memory -> {
                memory.gr(1, 0x1122_3344_0001_0000L);
                memory.gr(2, 0x9280_0000_0b00_0007L);
                return 3;
            });
            registers.gr(0, 0x0000_0000_0080_0547L);
            registers.gr(1, 0xaaaa_aaaa_bbbb_bbbbL);
            registers.gr(2, 0xcccc_cccc_dddd_ddddL);

            assertEquals(3, new NativeInstructions(port).pqap(registers, storage));

            assertEquals(0xb2af, port.opcodes.getFirst());
            assertEquals(0x0080_0547L, port.in[0]);
            assertEquals(0xaaaa_aaaa_bbbb_bbbbL, port.in[1]);
            assertEquals(0xcccc_cccc_dddd_ddddL, port.in[2]);
            assertEquals(0x0080_0547L, registers.gr(0));
            assertEquals(0x1122_3344_0001_0000L, registers.gr(1));
            assertEquals(0x9280_0000_0b00_0007L, registers.gr(2));
        }

        @Test
        void anInterruptionLeavesTheRegistersUnchanged() {
            fillRegisters();

            int result = new NativeInstructions(new SimulatedPort(memory -> {
                memory.gr(1, 0);
                return SPECIFICATION;
            })).pqap(registers, storage);

            assertEquals(SPECIFICATION, result);
            assertEquals(0x8101_0101_0101_0101L, registers.gr(1));
        }

        @Test
        void inProblemStateItIsPrivilegedAndNotIssued() {
            SimulatedPort port = new SimulatedPort(memory -> 0);
            registers.problemState(true);

            assertEquals(PRIVILEGED, new NativeInstructions(port).pqap(registers, storage));
            assertEquals(PRIVILEGED, new NativeInstructions(port).nqap(registers, storage, 2, 4));
            assertEquals(PRIVILEGED, new NativeInstructions(port).dqap(registers, storage, 4, 6));
            assertTrue(port.opcodes.isEmpty());
        }
    }

    @Nested
    class Qci {
        private final SimulatedPort port = new SimulatedPort(memory -> {
            byte[] block = new byte[ApConfigInfo.LENGTH];
            Arrays.fill(block, (byte) 0x5a);
            memory.operand(block.length).put(0, block);
            return 0;
        });

        @Test
        void theBlockArrivesAtTheAddressOfTheProgramAndNowhereElse() {
            registers.gr(0, 0x0400_0000);
            registers.gr(2, 0x80);

            assertEquals(0, new NativeInstructions(port).pqap(registers, storage));

            byte[] expected = new byte[0x400];
            Arrays.fill(expected, 0x80, 0x100, (byte) 0x5a);
            assertArrayEquals(expected, storage.array());
        }

        @Test
        void theMachineGetsAnAlignedNativeAddressAndTheProgramKeepsItsOwn() {
            registers.gr(0, 0x0400_0000);
            registers.gr(2, 0x80);

            new NativeInstructions(port).pqap(registers, storage);

            assertNotEquals(0x80, port.in[2]);
            assertEquals(0, port.in[2] & 7);
            assertEquals(0x80, registers.gr(2));
        }

        @Test
        void anAddressNotOnADoublewordIsASpecificationException() {
            registers.gr(0, 0x0400_0000);
            registers.gr(2, 0x84);

            assertEquals(SPECIFICATION, new NativeInstructions(port).pqap(registers, storage));
            assertTrue(port.opcodes.isEmpty());
        }

        @Test
        void aBlockThatIsNotInStorageIsAnAddressingExceptionAndNothingIsIssued() {
            registers.gr(0, 0x0400_0000);
            registers.gr(2, 0x388);

            assertEquals(ADDRESSING, new NativeInstructions(port).pqap(registers, storage));
            assertTrue(port.opcodes.isEmpty());
        }

        @Test
        void theTypedCommandReadsIt() {
            SimulatedPort machine = new SimulatedPort(memory -> {
                byte[] block = new byte[ApConfigInfo.LENGTH];
                block[0] = (byte) 0xf0;
                block[0x10] = 0x04;
                memory.operand(block.length).put(0, block);
                return 0;
            });
            ApConfigInfo info = new ApCommands(new NativeInstructions(machine), Facilities.of(Facilities.QCI)).qci();

            assertTrue(info != null && info.has(ApConfigInfo.APXA));
            assertEquals(ApMask.of(5), info.apm());
        }
    }

    @Nested
    class Nqap {
        @Test
        void pairsAndMessageGoInWhateverRegistersTheProgramChose() {
            byte[] seen = new byte[5];
            SimulatedPort port = new SimulatedPort(memory -> {
                memory.operand(5).get(0, seen);
                memory.gr(1, 0x4000_0000L);
                memory.gr(4, memory.gr(4) + 5);
                memory.gr(5, 0);
                return 0;
            });
            fillRegisters();
            storage.store(0x123, "hello".getBytes(US_ASCII), 0, 5);
            registers.gr(0, 0x4000_0547L);
            registers.gr(8, 0x123);
            registers.gr(9, 5);

            assertEquals(0, new NativeInstructions(port).nqap(registers, storage, 10, 8));

            assertEquals(0xb2ad, port.opcodes.getFirst());
            assertArrayEquals("hello".getBytes(US_ASCII), seen);
            assertEquals(0x4000_0547L, port.in[0]);
            assertEquals(0x8101_0101_0101_010aL, port.in[2]);
            assertEquals(0x8101_0101_0101_010bL, port.in[3]);
            assertEquals(5, port.in[5]);
            assertEquals(0x4000_0000L, registers.gr(1));
            assertEquals(0x128, registers.gr(8));
            assertEquals(0, registers.gr(9));
            assertEquals(0x8101_0101_0101_010aL, registers.gr(10));
        }

        @Test
        void aMessageTakenInPartComesBackAsTheRestOfIt() {
            SimulatedPort port = new SimulatedPort(memory -> {
                memory.gr(4, memory.gr(4) + 0x100);
                memory.gr(5, memory.gr(5) - 0x100);
                return 2;
            });
            registers.gr(4, 0x10);
            registers.gr(5, 0x180);

            assertEquals(2, new NativeInstructions(port).nqap(registers, storage, 2, 4));

            assertEquals(0x110, registers.gr(4));
            assertEquals(0x80, registers.gr(5));
        }

        @Test
        void anOddRegisterIsASpecificationException() {
            NativeInstructions instructions = new NativeInstructions(new SimulatedPort(memory -> 0));

            assertEquals(SPECIFICATION, instructions.nqap(registers, storage, 3, 4));
            assertEquals(SPECIFICATION, instructions.nqap(registers, storage, 2, 5));
        }

        @Test
        void aMessageThatIsNotInStorageIsAnAddressingException() {
            registers.gr(4, 0x3ff);
            registers.gr(5, 2);

            assertEquals(ADDRESSING,
                    new NativeInstructions(new SimulatedPort(memory -> 0)).nqap(registers, storage, 2, 4));
        }

        @Test
        void aLengthBeyondAnyAdapterReachesTheMachineAsOneThatIsTooBig() {
            SimulatedPort port = new SimulatedPort(memory -> {
                memory.gr(1, 0x0015_0000L);
                return 3;
            });
            registers.gr(5, 0x1_0000_0000L);

            int result = new NativeInstructions(port).nqap(registers, new ArrayStorage(0x1_0000), 2, 4);

            assertEquals(3, result);
            assertTrue(port.in[5] > 15 * 4096, "longer than the highest ML");
            assertEquals(0x1_0000_0000L, registers.gr(5));
        }
    }

    @Nested
    class Dqap {
        private SimulatedPort delivering(String reply) {
            return new SimulatedPort(memory -> {
                byte[] bytes = reply.getBytes(US_ASCII);
                memory.operand(0).put(0, bytes);
                memory.gr(0, 0x547);
                memory.gr(1, 0x8000_0000L);
                memory.gr(2, 0);
                memory.gr(4, 0x1234_5678L);
                memory.gr(5, 0x9abc_def0L);
                memory.gr(6, memory.gr(6) + bytes.length);
                memory.gr(7, memory.gr(7) - bytes.length);
                return 0;
            });
        }

        @Test
        void theReplyArrivesInTheBufferAndThePairsTellHowMuch() {
            SimulatedPort port = delivering("reply");
            registers.gr(0, 0x8000_0547L);
            registers.gr(12, 0x200);
            registers.gr(13, 0x40);

            assertEquals(0, new NativeInstructions(port).dqap(registers, storage, 14, 12));

            assertEquals(0xb2ae, port.opcodes.getFirst());
            assertEquals(0x8000_0547L, port.in[0]);
            assertEquals(0x40, port.in[7]);
            assertArrayEquals("reply\0".getBytes(US_ASCII), Arrays.copyOfRange(storage.array(), 0x200, 0x206));
            assertEquals(0x547, registers.gr(0));
            assertEquals(0x8000_0000L, registers.gr(1));
            assertEquals(0x205, registers.gr(12));
            assertEquals(0x3b, registers.gr(13));
            assertEquals(0x1234_5678L, registers.gr(14));
            assertEquals(0x9abc_def0L, registers.gr(15));
        }

        @Test
        void whatWasInTheBufferBehindTheReplyStays() {
            Arrays.fill(storage.array(), (byte) 0xee);
            registers.gr(6, 0x10);
            registers.gr(7, 0x20);

            new NativeInstructions(delivering("ab")).dqap(registers, storage, 4, 6);

            assertEquals('b', storage.array()[0x11]);
            assertEquals((byte) 0xee, storage.array()[0x12]);
        }

        @Test
        void aBufferThatCannotBeWrittenIsFoundBeforeTheReplyIsLost() {
            SimulatedPort port = delivering("reply");
            registers.gr(6, 0x3f0);
            registers.gr(7, 0x40);

            assertEquals(ADDRESSING, new NativeInstructions(port).dqap(registers, storage, 4, 6));
            assertTrue(port.opcodes.isEmpty());
        }

        @Test
        void theTypedCommandGetsReplyLengthAndPsmid() {
            ApCommands commands = new ApCommands(new NativeInstructions(delivering("reply")), Facilities.NONE);
            byte[] buffer = new byte[0x40];

            commands.dqap(new Apqn(5, 0x47), buffer, 0);

            assertEquals(5, commands.replyLength(buffer));
            assertEquals(0x1234_5678_9abc_def0L, commands.replyPsmid());
            assertEquals("reply", new String(buffer, 0, 5, US_ASCII));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.gdb.ApEmulation;
import org.apvirt.gdb.AttachedGuest;
import org.apvirt.gdb.GuestTransport;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Another transport than the gdb stub fits, with public types only: here a Unix socket on which the other side sends
 * instruction, problem state and registers, as a plugin inside QEMU would, and is asked for storage meanwhile.
 */
class SecondTransportTest {
    private static final int FRAME = 4 + 4 + 16 * 8;
    private static final int PQAP = 0xb2af_0000;

    @TempDir
    private Path directory;

    /** Frames: an instruction comes in; {@code 'S'}, address, length and bytes are a store; {@code 'D'} ends it. */
    private static final class Frames implements GuestTransport, Storage {
        private final SocketChannel channel;

        Frames(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public End serve(ApEmulation emulation) throws IOException {
            ApRegisters registers = new ApRegisters();
            try {
                while (true) {
                    ByteBuffer in = read(channel, FRAME);
                    int instruction = in.getInt();
                    registers.problemState(in.getInt() != 0);
                    for (int i = 0; i < 16; i++) {
                        registers.gr(i, in.getLong());
                    }
                    ByteBuffer out = ByteBuffer.allocate(1 + 4 + 16 * 8).put((byte) 'D')
                            .putInt(emulation.execute(instruction, registers, this));
                    for (int i = 0; i < 16; i++) {
                        out.putLong(registers.gr(i));
                    }
                    channel.write(out.flip());
                }
            } catch (EOFException e) {
                return End.GUEST_ENDED;
            }
        }

        @Override
        public void detach() {
            throw new IllegalStateException("the guest of this test ends by itself");
        }

        @Override
        public int store(long address, byte[] from, int offset, int length) {
            try {
                channel.write(ByteBuffer.allocate(1 + 8 + 4 + length).put((byte) 'S').putLong(address).putInt(length)
                        .put(from, offset, length).flip());
                return 0;
            } catch (IOException e) {
                return ProgramCode.ADDRESSING;
            }
        }

        @Override
        public int load(long address, byte[] into, int offset, int length) {
            return ProgramCode.ADDRESSING;
        }

        @Override
        public int loadAbsolute(long address, byte[] into, int offset, int length) {
            return ProgramCode.ADDRESSING;
        }

        @Override
        public int storeAbsolute(long address, byte[] from, int offset, int length) {
            return ProgramCode.ADDRESSING;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static ByteBuffer read(SocketChannel channel, int length) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(length);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new EOFException();
            }
        }
        return in.flip();
    }

    /** Sends PQAP with these GR0 and GR2 in a program's state and returns what came back: stored bytes, CC, GR1, GR2. */
    private static String pqap(SocketChannel plugin, long gr0, long gr2, boolean problemState) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(FRAME).putInt(PQAP).putInt(problemState ? 1 : 0).putLong(gr0).putLong(0)
                .putLong(gr2);
        plugin.write(out.rewind());
        StringBuilder answer = new StringBuilder();
        while (read(plugin, 1).get() == 'S') {
            ByteBuffer where = read(plugin, 12);
            long address = where.getLong();
            answer.append(String.format("%d bytes at %x, ", read(plugin, where.getInt()).remaining(), address));
        }
        int result = read(plugin, 4).getInt();
        ByteBuffer registers = read(plugin, 16 * 8);
        return answer.append(ApInstructions.isInterruption(result)
                ? "interruption " + ApInstructions.programCode(result)
                : String.format("cc %d gr1 %x gr2 %x", result, registers.getLong(8), registers.getLong(16))).toString();
    }

    @Test
    @Timeout(30)
    void aTransportOfFramesCarriesInstructionsToTheSameEmulation() throws Exception {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
        List<String> log = new ArrayList<>();
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("plugin"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                SocketChannel plugin = SocketChannel.open(address);
                AttachedGuest guest = AttachedGuest.over(new Frames(server.accept()), machine.platform(), log::add)) {
            Thread served = Thread.ofPlatform().start(() -> {
                try {
                    guest.run();
                } catch (IOException e) {
                    log.add(e.toString());
                }
            });
            assertEquals("cc 0 gr1 80000000 gr2 b000007", pqap(plugin, 0x0504, 0, false)); // TAPQ: type 11, depth 8
            assertEquals("cc 3 gr1 10000 gr2 0", pqap(plugin, 0x0604, 0, false)); // no such card
            assertEquals("interruption 2", pqap(plugin, 0x0504, 0, true)); // privileged operation
            assertEquals("128 bytes at 4000, cc 0 gr1 0 gr2 4000", pqap(plugin, 0x0400_0000, 0x4000, false)); // QCI
            plugin.close();
            served.join();
            assertEquals(List.of("the guest has ended after 4 AP instructions"), log);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.gdb.ApEmulation;

/**
 * One CPU of the guest: takes its instructions, one after the other, and answers them. Its storage is the guest's, as the CPU
 * sees it while it waits for the answer. A lost connection is an {@link UncheckedIOException} in there, which
 * {@link #serve} takes apart again.
 */
final class PluginCpu implements Storage {
    /** Instruction, 0, address, PSW mask, GR0..15. */
    private static final int EXECUTE_LENGTH = 24 + 16 * 8;
    private static final long PROBLEM_STATE = 0x0001_0000_0000_0000L;
    /** Of the service processor: the adapter has the wanted state. */
    private static final int SCLP_DONE = 0x0020;
    /** QEMU's own answer stays: it does not know the command. */
    private static final int SCLP_UNCHANGED = 0;

    private final PluginChannel channel;
    private final ApEmulation emulation;
    private final ApFirmware firmware;
    private final ApRegisters registers = new ApRegisters();

    PluginCpu(PluginChannel channel, ApEmulation emulation, ApFirmware firmware) {
        this.channel = channel;
        this.emulation = emulation;
        this.firmware = firmware;
    }

    /**
     * Answers instructions until the connection ends.
     *
     * @throws IOException it ended in another way than by being closed
     */
    void serve() throws IOException {
        try {
            while (true) {
                switch (channel.receive(0, EXECUTE_LENGTH)) {
                    case 'E' -> execute();
                    case 'S' -> configure();
                    default -> throw new PluginException("a CPU sends an unknown message");
                }
            }
        } catch (EOFException e) {
            return;
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof EOFException)) {
                throw e.getCause();
            }
        }
    }

    private void execute() throws IOException {
        ByteBuffer in = channel.payload();
        if (in.remaining() != EXECUTE_LENGTH) {
            throw new PluginException("an instruction has " + in.remaining() + " bytes");
        }
        int instruction = in.getInt();
        in.getInt();
        in.getLong(); // its address
        registers.problemState((in.getLong() & PROBLEM_STATE) != 0);
        for (int i = 0; i < 16; i++) {
            registers.gr(i, in.getLong());
        }
        int result = emulation.execute(instruction, registers, this);
        if (ApInstructions.isInterruption(result)) {
            channel.begin('I', 0, ApInstructions.programCode(result));
        } else {
            ByteBuffer out = channel.begin('D', result, 0);
            for (int i = 0; i < 16; i++) {
                out.putLong(registers.gr(i));
            }
        }
        channel.send();
    }

    private void configure() throws IOException {
        ApFirmware.Answer answer = firmware.configure(channel.value() & 0xff, channel.argument() != 0);
        channel.begin('C', 0, answer == ApFirmware.Answer.DONE ? SCLP_DONE : SCLP_UNCHANGED);
        channel.send();
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        return load('R', address, into, offset, length);
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        return load('r', address, into, offset, length);
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        return store('T', address, from, offset, length);
    }

    @Override
    public int storeAbsolute(long address, byte[] from, int offset, int length) {
        return store('t', address, from, offset, length);
    }

    private int load(char type, long address, byte[] into, int offset, int length) {
        if (length > PluginChannel.LONGEST) {
            return ProgramCode.ADDRESSING;
        }
        try {
            channel.begin(type, 0, 0).putLong(address).putInt(length);
            int code = channel.ask(length);
            if (code == 0) {
                if (channel.payload().remaining() != length) {
                    throw new PluginException("QEMU returned another number of bytes than it was asked for");
                }
                channel.payload().get(into, offset, length);
            }
            return code;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int store(char type, long address, byte[] from, int offset, int length) {
        if (length > PluginChannel.LONGEST - Long.BYTES) {
            return ProgramCode.ADDRESSING;
        }
        try {
            channel.begin(type, 0, 0).putLong(address).put(from, offset, length);
            return channel.ask(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

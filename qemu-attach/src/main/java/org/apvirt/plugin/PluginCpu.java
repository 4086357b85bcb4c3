// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.gdb.ApEmulation;

/**
 * One CPU of the guest: takes its instructions, one after the other, and answers them. A connection that is lost in its
 * {@link PluginStorage} is an {@link UncheckedIOException} there, which {@link #serve} takes apart again.
 */
final class PluginCpu {
    /** Instruction, 0, address, PSW mask, GR0..15. */
    private static final int EXECUTE_LENGTH = 24 + 16 * 8;
    /** With an instruction: the plugin may have the next one at once; the second operand of DQAP can be stored. */
    private static final int STAY_AWAKE = 1;
    private static final int CAN_STORE = 2;
    private static final long PROBLEM_STATE = 0x0001_0000_0000_0000L;
    /** Of the service processor: the adapter has the wanted state. */
    private static final int SCLP_DONE = 0x0020;
    /** QEMU's own answer stays: it does not know the command. */
    private static final int SCLP_UNCHANGED = 0;

    private final PluginChannel channel;
    private final ApEmulation emulation;
    private final ApFirmware firmware;
    private final PluginStorage storage;
    private final ApRegisters registers = new ApRegisters();

    PluginCpu(PluginChannel channel, ApEmulation emulation, ApFirmware firmware) {
        this.channel = channel;
        this.emulation = emulation;
        this.firmware = firmware;
        this.storage = new PluginStorage(channel);
    }

    /**
     * Answers instructions until the connection ends.
     *
     * @throws IOException it ended in another way than by being closed
     */
    void serve() throws IOException {
        try {
            while (true) {
                switch (channel.receive(0, PluginChannel.LONGEST)) {
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
        if (in.remaining() < EXECUTE_LENGTH) {
            throw new PluginException("an instruction has " + in.remaining() + " bytes");
        }
        channel.stayAwake((channel.argument() & STAY_AWAKE) != 0);
        int instruction = in.getInt();
        in.getInt();
        in.getLong(); // its address
        registers.problemState((in.getLong() & PROBLEM_STATE) != 0);
        for (int i = 0; i < 16; i++) {
            registers.gr(i, in.getLong());
        }
        int r2 = instruction & 0xf;
        storage.begin(registers.gr(r2), in, (channel.argument() & CAN_STORE) != 0 ? registers.gr(r2 | 1) : 0);
        int result = emulation.execute(instruction, registers, storage);
        if (ApInstructions.isInterruption(result)) {
            storage.storeKept();
            channel.begin('I', 0, ApInstructions.programCode(result));
        } else {
            ByteBuffer out = channel.begin('D', result, 0);
            for (int i = 0; i < 16; i++) {
                out.putLong(registers.gr(i));
            }
            storage.end(out);
        }
        channel.send();
    }

    private void configure() throws IOException {
        ApFirmware.Answer answer = firmware.configure(channel.value() & 0xff, channel.argument() != 0);
        channel.begin('C', 0, answer == ApFirmware.Answer.DONE ? SCLP_DONE : SCLP_UNCHANGED);
        channel.send();
    }
}

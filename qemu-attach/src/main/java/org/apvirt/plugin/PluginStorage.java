// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;

/**
 * The guest's storage as one of its CPUs sees it while that CPU waits for the answer to an instruction. The message of NQAP comes
 * with the instruction, and the reply of DQAP goes with the answer, where the plugin says that it can be stored; anything
 * else is asked for. A lost connection is an {@link UncheckedIOException}.
 */
final class PluginStorage implements Storage {
    /** Longest reply that goes with an answer, bytes. */
    private static final int LONGEST_KEPT = 64 * 1024;

    private final PluginChannel channel;
    private byte[] operand = {};
    private long operandAddress;
    private int operandLength; // 0: nothing came with the instruction
    private long room; // bytes from operandAddress on that can be stored later
    private byte[] kept = {};
    private long keptAddress;
    private int keptLength; // 0: nothing is to be stored with the answer

    PluginStorage(PluginChannel channel) {
        this.channel = channel;
    }

    /**
     * An instruction begins.
     *
     * @param address of its second operand
     * @param bytes the operand, if there is any with the instruction
     * @param canStore how many bytes there can be stored with the answer
     */
    void begin(long address, ByteBuffer bytes, long canStore) {
        operandAddress = address;
        operandLength = bytes.remaining();
        if (operand.length < operandLength) {
            operand = new byte[operandLength];
        }
        bytes.get(operand, 0, operandLength);
        room = Math.min(canStore, LONGEST_KEPT);
        keptLength = 0;
    }

    /** Adds to the answer, which has the registers already, what it is to store. */
    void end(ByteBuffer answer) {
        if (keptLength > 0) {
            answer.putLong(keptAddress).put(kept, 0, keptLength);
        }
    }

    /** Stores at once what was to be stored with the answer; 0 or a program-interruption code. */
    int storeKept() {
        int length = keptLength;
        keptLength = 0;
        return length == 0 ? 0 : store('T', keptAddress, kept, 0, length);
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        if (address == operandAddress && length > 0 && length == operandLength) {
            System.arraycopy(operand, 0, into, offset, length);
            return 0;
        }
        return load('R', address, into, offset, length);
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        return load('r', address, into, offset, length);
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        if (keptLength == 0 && address == operandAddress && length > 0 && length <= room) {
            if (kept.length < length) {
                kept = new byte[length];
            }
            System.arraycopy(from, offset, kept, 0, length);
            keptAddress = address;
            keptLength = length;
            return 0;
        }
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
        int before = storeKept();
        if (before != 0) {
            return before;
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
        operandLength = 0; // it may be changed by this
        int before = storeKept();
        if (before != 0) {
            return before;
        }
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

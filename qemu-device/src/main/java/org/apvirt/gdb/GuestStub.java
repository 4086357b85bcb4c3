package org.apvirt.gdb;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApRegisters;

/**
 * What the stub of {@code qemu-system-s390x} offers, typed: the registers of one CPU, storage, stops. Storage addresses
 * are those of the selected CPU in the address space of its present PSW: real ones, prefixing included, while DAT is
 * off. Source: QEMU {@code target/s390x/gdbstub.c}, {@code gdb-xml/s390x-core64.xml}.
 */
public final class GuestStub implements AutoCloseable {
    /** Bytes in one memory packet; the stub takes packets of 4096 characters. */
    static final int CHUNK = 2000;
    private static final int CORE_REGISTERS = 18;
    private static final HexFormat HEX = HexFormat.of();

    private final RspConnection connection;
    private String selectedThread = "";

    private GuestStub(RspConnection connection) {
        this.connection = connection;
    }

    /**
     * Connects, and stops the guest by it.
     *
     * @throws IOException nobody answers, or the stub is not that of an s390x guest
     */
    public static GuestStub connect(String address) throws IOException {
        RspConnection connection = RspConnection.connect(address);
        try {
            connection.request("qSupported:multiprocess-;swbreak+;hwbreak+");
            // QEMU gives out single registers only after the description was read.
            String xml = connection.request("qXfer:features:read:target.xml:0,ffb");
            if (!xml.contains("<architecture>s390:64-bit</architecture>")) {
                throw new RspException("the gdb stub at " + address + " is not that of an s390x guest");
            }
            return new GuestStub(connection);
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Returns the threads of the stub, one a CPU. */
    public List<String> threads() throws IOException {
        List<String> threads = new ArrayList<>();
        String answer = connection.request("qfThreadInfo");
        while (answer.startsWith("m")) {
            threads.addAll(List.of(answer.substring(1).split(",")));
            answer = connection.request("qsThreadInfo");
        }
        return threads;
    }

    /** Selects the CPU that registers and storage are read from. */
    public void select(String thread) throws IOException {
        if (!thread.equals(selectedThread)) {
            connection.command("Hg" + thread);
            selectedThread = thread;
        }
    }

    /** Reads the 18 core registers of the selected CPU: PSW mask, PSW address, GR0..15. */
    public long[] registers() throws IOException {
        String answer = connection.request("g");
        if (answer.length() < CORE_REGISTERS * 16) {
            throw new RspException("the stub gave " + answer.length() + " digits of registers, not 288");
        }
        long[] registers = new long[CORE_REGISTERS];
        for (int i = 0; i < CORE_REGISTERS; i++) {
            registers[i] = HexFormat.fromHexDigitsToLong(answer, i * 16, i * 16 + 16);
        }
        return registers;
    }

    /** Writes PSW and general registers of the selected CPU. */
    public void registers(long pswMask, long pswAddress, ApRegisters general) throws IOException {
        StringBuilder text = new StringBuilder(1 + CORE_REGISTERS * 16).append('G');
        text.append(HEX.toHexDigits(pswMask)).append(HEX.toHexDigits(pswAddress));
        for (int i = 0; i < 16; i++) {
            text.append(HEX.toHexDigits(general.gr(i)));
        }
        connection.command(text.toString());
    }

    /** Reads the PSW mask of the selected CPU. */
    public long pswMask() throws IOException {
        return HexFormat.fromHexDigitsToLong(connection.request("p0"));
    }

    /** Writes the PSW mask of the selected CPU. */
    public void pswMask(long mask) throws IOException {
        connection.command("P0=" + HEX.toHexDigits(mask));
    }

    /** Writes the PSW address of the selected CPU. */
    public void pswAddress(long address) throws IOException {
        connection.command("P1=" + HEX.toHexDigits(address));
    }

    /** Reads storage, in as many packets as it takes. */
    public void load(long address, byte[] into, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += CHUNK) {
            int part = Math.min(CHUNK, length - done);
            String answer = connection
                    .request("m" + Long.toHexString(address + done) + "," + Integer.toHexString(part));
            if (answer.length() != part * 2) {
                throw new RspException("no storage at 0x" + Long.toHexString(address + done));
            }
            for (int i = 0; i < part; i++) {
                into[offset + done + i] = (byte) HexFormat.fromHexDigits(answer, i * 2, i * 2 + 2);
            }
        }
    }

    /** Writes storage, in as many packets as it takes. */
    public void store(long address, byte[] from, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += CHUNK) {
            int part = Math.min(CHUNK, length - done);
            connection.command("M" + Long.toHexString(address + done) + "," + Integer.toHexString(part) + ":"
                    + HEX.formatHex(from, offset + done, offset + done + part));
        }
    }

    /** Makes storage addresses absolute, or those of the CPU again. */
    public void absolute(boolean on) throws IOException {
        connection.command("Qqemu.PhyMemMode:" + (on ? 1 : 0));
    }

    /** Sets a read watchpoint of one byte. */
    public void watch(long address) throws IOException {
        connection.command("Z3," + Long.toHexString(address) + ",1");
    }

    /** Removes it. */
    public void unwatch(long address) throws IOException {
        connection.command("z3," + Long.toHexString(address) + ",1");
    }

    /** Sets a breakpoint. Each one set must be removed once. */
    public void breakpoint(long address) throws IOException {
        connection.command("Z0," + Long.toHexString(address) + ",2");
    }

    /** Removes it. */
    public void removeBreakpoint(long address) throws IOException {
        connection.command("z0," + Long.toHexString(address) + ",2");
    }

    /** Lets the selected CPU execute one instruction. */
    public void step() throws IOException {
        connection.request("s");
    }

    /** Lets all CPUs run. The next stop arrives at {@link #awaitStop}. */
    public void resume() throws IOException {
        connection.send("c");
    }

    /**
     * Waits until the guest stops.
     *
     * @param millis after so long it is stopped
     */
    public Stop awaitStop(long millis) throws IOException {
        String packet = connection.receive(millis);
        if (packet == null) {
            connection.interrupt();
            packet = connection.receive(5000);
            if (packet == null) {
                throw new RspException("the guest cannot be stopped");
            }
        }
        Stop stop = Stop.parse(packet);
        if (stop.kind() != Stop.Kind.ENDED && !stop.thread().isEmpty()) {
            selectedThread = stop.thread(); // the stub selects the stopped CPU by itself
        }
        return stop;
    }

    /** Ends the session; the guest runs on. */
    public void detach() throws IOException {
        connection.request("D");
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}

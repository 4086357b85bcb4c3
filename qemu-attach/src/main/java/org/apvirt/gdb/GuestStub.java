// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

import org.apvirt.arch.ApRegisters;
import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.InheritableMustCall;
import org.checkerframework.checker.mustcall.qual.Owning;

/**
 * What the stub of {@code qemu-system-s390x} offers, typed: the registers of one CPU, storage, stops. Storage addresses
 * are those of the selected CPU in the address space of its present PSW: real ones, prefixing included, while DAT is
 * off. Source: QEMU {@code target/s390x/gdbstub.c}, {@code gdb-xml/s390x-core64.xml}.
 *
 * <p>A method that only tells the stub something does not wait: its packet leaves in one write with the next that asks,
 * and a refusal is thrown there.
 */
@InheritableMustCall("close")
final class GuestStub implements AutoCloseable {
    /** PSW mask, PSW address, GR0..15. */
    static final int CORE_REGISTERS = 18;
    /** Bytes in one memory packet; the stub takes packets of 4096 characters. */
    static final int CHUNK = 2000;
    private static final int MOST_SAID = 1 << 16;

    private final @Owning RspConnection connection;
    private final RspWriter out;
    private final StubCommands commands;
    private final StubThreads threads;
    private String selectedThread = "";

    private GuestStub(@Owning RspConnection connection) {
        this.connection = connection;
        this.out = connection.out;
        this.commands = new StubCommands(connection);
        this.threads = new StubThreads(connection, commands);
    }

    /**
     * Connects, and stops the guest by it. What a former client left in the stub is removed.
     *
     * @param answerMillis how long an answer may take, milliseconds
     * @throws IOException nobody answers, or the stub is not that of an s390x guest
     */
    static GuestStub connect(String address, long answerMillis) throws IOException {
        RspConnection connection = RspConnection.connect(address, answerMillis);
        try {
            connection.request("qSupported:multiprocess-;swbreak+;hwbreak+");
            // QEMU gives out single registers only after the description was read.
            String xml = connection.request("qXfer:features:read:target.xml:0,ffb").text();
            if (!xml.contains("<architecture>s390:64-bit</architecture>")) {
                throw new RspException("the gdb stub at " + address + " is not that of an s390x guest");
            }
            // Breakpoints and watchpoints outlive a client that was killed; this question removes them.
            connection.out.begin("?").end();
            connection.flush();
            Stop.parse(connection.stop().text());
            return new GuestStub(connection);
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Returns the threads of the stub, one a CPU. */
    StubThreads threads() {
        return threads;
    }

    /** Selects the CPU that registers and storage are read from. */
    void select(String thread) {
        if (!thread.equals(selectedThread)) {
            out.begin("Hg").text(thread);
            commands.later('H');
            selectedThread = thread;
        }
    }

    /** Reads PSW mask, PSW address and GR0..15 of the selected CPU. */
    void registers(long[] into) throws IOException {
        out.begin("g").end();
        commands.flush();
        take(into);
    }

    private void take(long[] into) throws IOException {
        RspReply answer = connection.answer();
        for (int i = 0; i < CORE_REGISTERS; i++) {
            into[i] = answer.word(i * 16);
        }
    }

    /**
     * Reads the registers of the selected CPU and some of its storage, in one trip.
     *
     * @return false if the storage is not there; the registers are read nevertheless
     */
    boolean registersAndStorage(long[] registers, long address, byte[] storage) throws IOException {
        out.begin("g").end();
        ask(address, storage.length);
        commands.flush();
        take(registers);
        RspReply answer = connection.answer();
        if (answer.isError()) {
            return false;
        }
        answer.bytes(storage, 0, storage.length);
        return true;
    }

    /** Writes PSW and general registers of the selected CPU. */
    void registers(long pswMask, long pswAddress, ApRegisters general) {
        out.begin("G").word(pswMask).word(pswAddress);
        for (int i = 0; i < 16; i++) {
            out.word(general.gr(i));
        }
        commands.later('G');
    }

    /** Reads the PSW mask of the selected CPU. */
    long pswMask() throws IOException {
        out.begin("p0").end();
        commands.flush();
        return connection.answer().word();
    }

    /** Writes the PSW mask of the selected CPU. */
    void pswMask(long mask) {
        out.begin("P0=").word(mask);
        commands.later('P');
    }

    /** Writes the PSW address of the selected CPU. */
    void pswAddress(long address) {
        out.begin("P1=").word(address);
        commands.later('P');
    }

    private void ask(long address, int length) {
        out.begin("m").number(address).text(",").number(length).end();
    }

    private static RspException noStorage(long address) {
        return new RspException("the guest has no storage at 0x" + Long.toHexString(address));
    }

    /**
     * Reads storage, in as many packets as it takes.
     *
     * @return false if some of it is not there
     */
    boolean tryLoad(long address, byte[] into, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += CHUNK) {
            int part = Math.min(CHUNK, length - done);
            ask(address + done, part);
            commands.flush();
            RspReply answer = connection.answer();
            if (answer.isError()) {
                return false;
            }
            answer.bytes(into, offset + done, part);
        }
        return true;
    }

    /** Reads storage that must be there. */
    void load(long address, byte[] into, int offset, int length) throws IOException {
        if (!tryLoad(address, into, offset, length)) {
            throw noStorage(address);
        }
    }

    private void put(long address, byte[] from, int offset, int length) {
        out.begin("M").number(address).text(",").number(length).text(":").bytes(from, offset, length);
    }

    /**
     * Writes storage, in as many packets as it takes.
     *
     * @return false if some of it is not there
     */
    boolean tryStore(long address, byte[] from, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += CHUNK) {
            int part = Math.min(CHUNK, length - done);
            put(address + done, from, offset + done, part);
            out.end();
            commands.flush();
            RspReply answer = connection.answer();
            if (answer.isError()) {
                return false;
            }
            if (!answer.isOk()) {
                throw new RspException("the stub answered '" + answer.shortText() + "' to the packet 'M', not OK");
            }
        }
        return true;
    }

    /** Writes storage that must be there, at most {@value #CHUNK} bytes. */
    void store(long address, byte[] from, int offset, int length) {
        put(address, from, offset, length);
        commands.later('M');
    }

    /** Makes storage addresses absolute, or those of the CPU again. */
    void absolute(boolean on) {
        out.begin("Qqemu.PhyMemMode:").number(on ? 1 : 0);
        commands.later('Q');
    }

    private void point(String command, long address, String length) {
        out.begin(command).number(address).text(length);
        commands.later(command.charAt(0));
    }

    /**
     * Sets a read watchpoint of one byte, and waits for the answer.
     *
     * @throws RspException the stub has none, as that of qemu-user
     */
    void watch(long address) throws IOException {
        commands.flush();
        RspReply answer = connection.request("Z3," + Long.toHexString(address) + ",1");
        if (!answer.isOk()) {
            throw new RspException("the gdb stub has no read watchpoints: it is not that of qemu-system-s390x");
        }
    }

    /** Sets a write watchpoint of 16 bytes, or removes it. */
    void watchStores(long address, boolean on) {
        point(on ? "Z2," : "z2,", address, ",10");
    }

    /** Sets a read watchpoint of 1 to 8 bytes, or removes it. */
    void watchLoads(long address, int length, boolean on) {
        point(on ? "Z3," : "z3,", address, "," + length);
    }

    /** Sets a breakpoint. Each one set must be removed once. */
    void breakpoint(long address) {
        point("Z0,", address, ",2");
    }

    /** Removes it. */
    void removeBreakpoint(long address) {
        point("z0,", address, ",2");
    }

    /** Lets the selected CPU execute one instruction. */
    void step() throws IOException {
        out.begin("s").end();
        commands.flush();
        stopped(connection.stop());
    }

    /** Lets all CPUs run. The next stop arrives at {@link #awaitStop}. */
    void resume() throws IOException {
        out.begin("c").end();
        commands.flush();
    }

    /**
     * Waits until the guest stops.
     *
     * @param millis after so long it is stopped
     */
    Stop awaitStop(long millis) throws IOException {
        RspReply packet = connection.receive(millis);
        if (packet == null) {
            connection.interrupt();
            packet = connection.stop();
        }
        return stopped(packet);
    }

    private Stop stopped(RspReply packet) throws RspException {
        Stop stop = Stop.parse(packet.text());
        if (stop.kind() != Stop.Kind.ENDED && !stop.thread().isEmpty()) {
            selectedThread = stop.thread(); // the stub selects the stopped CPU by itself
        }
        return stop;
    }

    /**
     * Has QEMU's monitor do a command, while the guest is stopped.
     *
     * @return what it said, empty: the stub has no monitor, or the monitor no such command
     */
    String monitor(String command) throws IOException {
        commands.flush();
        RspReply answer = connection
                .request("qRcmd," + HexFormat.of().formatHex(command.getBytes(StandardCharsets.US_ASCII)));
        StringBuilder said = new StringBuilder();
        while (!answer.isOk() && answer.text().startsWith("O") && said.length() < MOST_SAID) {
            for (int i = 1; i + 1 < answer.text().length(); i += 2) {
                said.append((char) (Character.digit(answer.text().charAt(i), 16) << 4
                        | Character.digit(answer.text().charAt(i + 1), 16)));
            }
            answer = connection.answer();
        }
        return answer.isOk() ? said.toString() : "";
    }

    /** Ends the session; the guest runs on. */
    void detach() throws IOException {
        out.begin("D").end();
        commands.flush();
        connection.answer();
    }

    @Override
    @EnsuresCalledMethods(value = "connection", methods = "close")
    public void close() throws IOException {
        connection.close();
    }
}

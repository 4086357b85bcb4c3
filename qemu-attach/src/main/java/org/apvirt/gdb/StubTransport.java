// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.Owning;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The gdb stub of {@code qemu-system-s390x} as a transport: the loop of stops.
 *
 * <p>While the guest boots it is looked at every {@value #BOOT_POLL_MILLIS} ms until its kernel has set its handler
 * for program checks; after the first AP instruction every {@value #IDLE_POLL_MILLIS} ms, only to notice a CPU that came
 * online with a lowcore of its own, or a system that was started anew in a way that the breakpoint at its start missed.
 *
 * <p>A stop costs three trips to the stub: registers and old PSW; the instruction, in the address space of the program;
 * the new registers together with the command to go on. Operands of the instruction cost one trip each.
 */
public final class StubTransport implements GuestTransport {
    /** Milliseconds between two looks while the guest boots. */
    static final int BOOT_POLL_MILLIS = 5;
    /** Milliseconds between two looks afterwards. */
    static final int IDLE_POLL_MILLIS = 40;
    /** A guest that has not used AP after so long, in milliseconds, has no reason to be looked at often. */
    private static final int BOOT_MILLIS = 60_000;

    /** What a Linux image has at this real address. Source: Linux {@code arch/s390/boot/head.S}. */
    private static final byte[] LINUX = "S390EP".getBytes(StandardCharsets.ISO_8859_1);
    private static final long LINUX_MARK = 0x1_0008;

    private static final Pattern VERSION = Pattern.compile("[0-9]{1,4}(?:\\.[0-9]{1,4}){1,3}");

    private final @Owning GuestStub stub;
    private final FacilityPatch facilities;
    private final TickWatch ticks;
    private final @Nullable SiePatch sie;
    private final Consumer<? super String> log;
    private final StubStorage storage;
    private final ApRegisters registers = new ApRegisters();
    private final long[] now = new long[GuestStub.CORE_REGISTERS];
    private final byte[] psw = new byte[16];
    private final byte[] instruction = new byte[4];
    private volatile boolean detaching;
    private boolean apSeen;
    private boolean isBare; // what runs is no Linux
    private long started = System.nanoTime();
    private long looked;

    private StubTransport(@Owning GuestStub stub, Facilities facilities, boolean showsSie,
            Consumer<? super String> log) {
        this.stub = stub;
        this.sie = showsSie ? new SiePatch() : null;
        this.facilities = new FacilityPatch(facilities);
        this.ticks = new TickWatch(stub);
        this.storage = new StubStorage(stub);
        this.log = log;
    }

    /**
     * Connects to a guest, which is stopped by it until it is served.
     *
     * @param address where QEMU's option {@code -gdb} listens: a path, or {@code localhost:PORT}
     * @param facilities those of AP that the guest's kernel is to see
     * @param log takes one line for each thing worth telling
     * @throws IOException there is no s390x guest
     */
    public static StubTransport connect(String address, Facilities facilities, Consumer<? super String> log)
            throws IOException {
        return connect(address, facilities, false, log, RspConnection.ANSWER_MILLIS);
    }

    /**
     * Connects to a guest whose kernel is to see CPUs with SIE, which they do not have: so its module kvm loads, and
     * others that need it. A guest that is booted already is not changed.
     *
     * @throws IOException there is no s390x guest
     */
    public static StubTransport connectShowingSie(String address, Facilities facilities,
            Consumer<? super String> log) throws IOException {
        return connect(address, facilities, true, log, RspConnection.ANSWER_MILLIS);
    }

    static StubTransport connect(String address, Facilities facilities, Consumer<? super String> log, long answerMillis)
            throws IOException {
        return connect(address, facilities, false, log, answerMillis);
    }

    @SuppressWarnings("required.method.not.called") // the transport has nothing to close but the stub
    private static StubTransport connect(String address, Facilities facilities, boolean showsSie,
            Consumer<? super String> log, long answerMillis) throws IOException {
        GuestStub stub = GuestStub.connect(address, answerMillis);
        try {
            StubTransport transport = new StubTransport(stub, facilities, showsSie, log);
            stub.watch(Trampoline.WATCHED);
            stub.absolute(false);
            transport.facilities.arm(stub);
            return transport;
        } catch (IOException | RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    @Override
    public String version() throws IOException {
        Matcher version = VERSION.matcher(stub.monitor("info version"));
        return version.lookingAt() ? version.group() : "";
    }

    @Override
    public End serve(ApEmulation emulation) throws IOException {
        try {
            takeOver();
            lookAtImage();
            resumePending(emulation);
            poll();
            while (!detaching) {
                stub.resume();
                int pollMillis = isBooting() ? BOOT_POLL_MILLIS : IDLE_POLL_MILLIS;
                Stop stop = stub.awaitStop(pollMillis);
                if (stop.kind() == Stop.Kind.ENDED) {
                    return End.GUEST_ENDED;
                }
                if (stop.kind() != Stop.Kind.ASKED) {
                    handle(stop, emulation);
                }
                if (stop.kind() == Stop.Kind.ASKED || System.nanoTime() - looked > pollMillis * 1_000_000L) {
                    poll();
                }
            }
            leave(emulation);
            return End.DETACHED;
        } catch (EOFException e) {
            return End.GUEST_ENDED;
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof EOFException) {
                return End.GUEST_ENDED;
            }
            throw e.getCause();
        }
    }

    private boolean isBooting() {
        return !apSeen && System.nanoTime() - started < BOOT_MILLIS * 1_000_000L;
    }

    /** Handles a stop by a watchpoint or a breakpoint. */
    private void handle(Stop stop, ApEmulation emulation) throws IOException {
        boolean there = stub.registersAndStorage(now, Trampoline.OLD_PSW, psw);
        if (there && Trampoline.isTouch(now[0], now[1])) {
            answer(emulation);
            answerOthers(stop.thread(), emulation);
        } else if (isBare && stop.kind() == Stop.Kind.WATCHPOINT && stop.address() >> 4 == Trampoline.NEW_PSW >> 4) {
            listen(stop.thread(), Trampoline.installBare(stub));
        } else if (facilities.isSite(now[1])) {
            if (FacilityPatch.isStart(now[0], now[1])) {
                kernelStarts();
            }
            facilities.pass(stub, now);
        } else if (sie != null && sie.isSite(now[1])) {
            sie.pass(stub, now);
        }
        // Else a tick, or a chance read of the watched byte: the guest just goes on.
    }

    /** Only one CPU is said to have stopped, also when several did; to find those now costs far less than their next stop. */
    private void answerOthers(String answered, ApEmulation emulation) throws IOException {
        for (String thread : stub.threads().known()) {
            if (!thread.equals(answered)) {
                stub.select(thread);
                if (stub.registersAndStorage(now, Trampoline.OLD_PSW, psw) && Trampoline.isTouch(now[0], now[1])) {
                    answer(emulation);
                }
            }
        }
    }

    /**
     * Looks whether a Linux is what starts, or another program. That sets its handler for program checks once and soon uses it,
     * so it is caught when it does; a Linux sets several, of which only the last is to be taken.
     */
    private void lookAtImage() throws IOException {
        byte[] head = new byte[LINUX.length];
        stub.registers(now);
        LowcoreAccess access = LowcoreAccess.begin(stub);
        boolean isRunning = Trampoline.isTouch(now[1]) || (now[0] & Psw.DAT) != 0;
        boolean found = !isRunning && stub.tryLoad(LINUX_MARK, head, 0, head.length) && !Arrays.equals(head, LINUX);
        access.end();
        if (found && !isBare) {
            stub.watchStores(Trampoline.NEW_PSW, true);
        } else if (!found && isBare) {
            stub.watchStores(Trampoline.NEW_PSW, false);
        }
        isBare = found;
    }

    private void listen(String thread, boolean isNew) {
        if (isNew) {
            log.accept("CPU " + thread + ": listening for AP instructions");
        }
    }

    private void kernelStarts() throws IOException {
        lookAtImage();
        if (!facilities.find(stub) && !isBare) {
            log.accept("no single STFLE in the boot code: start the kernel with facilities=12,15");
        }
        if (sie != null) {
            sie.find(stub, FacilityPatch.START);
        }
        started = System.nanoTime();
        if (apSeen) {
            apSeen = false;
            log.accept("the guest starts anew");
        }
    }

    /** Looks at every CPU's new PSW. The guest is stopped. */
    private void poll() throws IOException {
        for (String thread : stub.threads().ask()) {
            stub.select(thread);
            listen(thread, Trampoline.install(stub));
        }
        ticks.set(isBooting());
        looked = System.nanoTime();
    }

    /**
     * Answers the operation exception at which the selected CPU stands in the trampoline. {@link #now} are its
     * registers, the trampoline's PSW and the interrupted program's GR0..15, and {@link #psw} is its old PSW.
     */
    private void answer(ApEmulation emulation) throws IOException {
        long oldMask = ByteBuffer.wrap(psw).getLong();
        long oldAddress = ByteBuffer.wrap(psw).getLong(8); // of the next instruction
        if (isBare) {
            // As on a machine, an instruction that succeeds leaves no trace there. What was there before the exception is lost;
            // a program that looks has cleared it.
            stub.store(Trampoline.INTERRUPTION, new byte[4], 0, 4);
        }
        stub.pswMask(oldMask); // storage addresses are now those of the interrupted program
        int word = 0;
        if (stub.tryLoad(oldAddress - 4, instruction, 0, 4)) {
            word = ByteBuffer.wrap(instruction).getInt();
        }
        if (!ApEmulation.isApInstruction(word)) {
            if (sie != null && sie.isQuery(stub, oldAddress, now)) {
                stub.registers(Psw.withConditionCode(oldMask, SiePatch.NOT_INSTALLED), oldAddress, registersOf(now));
            } else {
                passOn(now[0], ProgramCode.OPERATION);
            }
            return;
        }
        registersOf(now).problemState((oldMask & Psw.PROBLEM_STATE) != 0);
        int result = emulation.execute(word, registers, storage);
        if (!apSeen) {
            apSeen = true;
            log.accept("the guest uses AP instructions");
        }
        if (ApInstructions.isInterruption(result)) {
            passOn(now[0], ApInstructions.programCode(result));
        } else {
            stub.registers(Psw.withConditionCode(oldMask, result), oldAddress, registers);
        }
    }

    private ApRegisters registersOf(long[] core) {
        for (int i = 0; i < 16; i++) {
            registers.gr(i, core[2 + i]);
        }
        return registers;
    }

    /** Lets the kernel's own handler see a program check with this code. */
    private void passOn(long trampolineMask, int programCode) throws IOException {
        stub.pswMask(trampolineMask);
        if (isBare) {
            stub.store(Trampoline.INTERRUPTION, new byte[]{0, 4, 0, (byte) programCode}, 0, 4);
        } else if (programCode != ProgramCode.OPERATION) {
            stub.store(Trampoline.INTERRUPTION_CODE, new byte[]{0, (byte) programCode}, 0, 2);
        }
        stub.pswAddress(Trampoline.ONWARD);
    }

    /** Puts right what a client leaves that is killed between two trips. The guest is stopped. */
    private void takeOver() throws IOException {
        for (String thread : stub.threads().ask()) {
            stub.select(thread);
            LowcoreAccess.restore(stub);
            stub.registers(now);
            if (Trampoline.isTouch(now[1])) {
                stub.pswMask(Psw.REAL_MODE);
            }
            facilities.resume(stub, now);
        }
    }

    /** Answers what a CPU waits for since somebody else was attached, or what it must not be left with. */
    private void resumePending(ApEmulation emulation) throws IOException {
        for (String thread : stub.threads().ask()) {
            stub.select(thread);
            if (stub.registersAndStorage(now, Trampoline.OLD_PSW, psw) && Trampoline.isTouch(now[0], now[1])) {
                answer(emulation);
            }
        }
    }

    private void leave(ApEmulation emulation) throws IOException {
        resumePending(emulation); // it would read the byte for ever once nobody watches
        for (String thread : stub.threads().ask()) {
            stub.select(thread);
            Trampoline.remove(stub);
        }
        facilities.disarm(stub);
        if (sie != null) {
            sie.disarm(stub);
        }
        if (isBare) {
            stub.watchStores(Trampoline.NEW_PSW, false);
        }
        ticks.set(false);
        stub.watchLoads(Trampoline.WATCHED, 1, false);
        stub.detach();
    }

    @Override
    public void detach() {
        detaching = true;
    }

    @Override
    @EnsuresCalledMethods(value = "stub", methods = "close")
    public void close() throws IOException {
        stub.close();
    }
}

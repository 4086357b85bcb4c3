package org.apvirt.gdb;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ProgramCode;

/**
 * A running {@code qemu-system-s390x} guest whose AP instructions we answer. {@link #run} is the loop of stops; it
 * ends when the guest ends or {@link #detach} is called from another thread.
 *
 * <p>While the guest boots it is looked at every {@value #BOOT_POLL_MILLIS} ms until its kernel has set its handler
 * for program checks; after the first AP instruction every {@value #IDLE_POLL_MILLIS} ms, only to notice a reboot, a
 * kexec, or a CPU that came online with a lowcore of its own.
 */
public final class AttachedGuest implements AutoCloseable {
    /** Milliseconds between two looks while the guest boots. */
    static final int BOOT_POLL_MILLIS = 5;
    /** Milliseconds between two looks afterwards. */
    static final int IDLE_POLL_MILLIS = 40;
    private static final int WARM_START_NUDGES = 3;

    private final GuestStub stub;
    private final ApEmulation emulation;
    private final FacilityPatch facilities;
    private final Consumer<? super String> log;
    private final ApRegisters registers = new ApRegisters();
    private final StubStorage storage;
    private final byte[] psw = new byte[16];
    private final byte[] instruction = new byte[4];
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean detaching;
    private boolean apSeen;
    private int nudges;

    private AttachedGuest(GuestStub stub, ApPlatform platform, Consumer<? super String> log) {
        this.stub = stub;
        this.emulation = new ApEmulation(platform.instructions());
        this.facilities = new FacilityPatch(platform.facilities());
        this.storage = new StubStorage(stub);
        this.log = log;
    }

    /**
     * Attaches to a guest, which is stopped by it.
     *
     * @param address where QEMU's option {@code -gdb} listens: a path, or {@code localhost:PORT}
     * @param platform who answers: a machine's, or that of a KVM guest, whose matrix then limits what is seen
     * @param log takes one line for each thing worth telling
     * @throws IOException there is no s390x guest
     */
    public static AttachedGuest attach(String address, ApPlatform platform, Consumer<? super String> log)
            throws IOException {
        GuestStub stub = GuestStub.connect(address);
        try {
            AttachedGuest guest = new AttachedGuest(stub, platform, log);
            guest.prepare();
            return guest;
        } catch (IOException | RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    private void prepare() throws IOException {
        stub.watch(Trampoline.WATCHED);
        long[] now = stub.registers();
        if (now[1] == 0x1_0000 && (now[0] & Psw.DAT) == 0) {
            if (!facilities.arm(stub)) {
                log.accept("no single STFLE in the boot code: start the kernel with facilities=12,15");
            }
        } else if (Trampoline.isTouch(now[0], now[1])) {
            answer(now); // somebody was attached before and left in the middle of an instruction
        } else {
            poll();
        }
    }

    /** Returns how many AP instructions were answered. */
    public long answered() {
        return emulation.executed();
    }

    /**
     * Answers AP instructions until the guest ends or {@link #detach} is called.
     *
     * @throws IOException the connection broke in another way than by the guest's end
     */
    public void run() throws IOException {
        try {
            answerUntilTheEnd();
        } finally {
            ended.countDown();
        }
    }

    private void answerUntilTheEnd() throws IOException {
        try {
            while (!detaching) {
                stub.resume();
                if (!handle(stub.awaitStop(apSeen ? IDLE_POLL_MILLIS : BOOT_POLL_MILLIS))) {
                    log.accept("the guest has ended after " + answered() + " AP instructions");
                    return;
                }
            }
            leave();
        } catch (EOFException e) {
            log.accept("the guest has ended after " + answered() + " AP instructions");
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private boolean handle(Stop stop) throws IOException {
        switch (stop.kind()) {
            case ENDED -> {
                return false;
            }
            case ASKED -> poll();
            case WATCHPOINT, TRAP -> {
                long[] now = stub.registers();
                if (Trampoline.isTouch(now[0], now[1])) {
                    answer(now);
                } else if (facilities.isSite(now[1])) {
                    facilities.apply(stub, now);
                }
                // Else a chance read of the watched byte: the guest just goes on.
            }
            default -> throw new AssertionError(stop);
        }
        return true;
    }

    /** Looks at every CPU's new PSW. The guest is stopped. */
    private void poll() throws IOException {
        for (String thread : stub.threads()) {
            stub.select(thread);
            switch (Trampoline.install(stub)) {
                case INSTALLED -> log.accept("CPU " + thread + ": listening for AP instructions");
                case TOO_EARLY -> {
                    if (apSeen) {
                        apSeen = false;
                        nudges = WARM_START_NUDGES;
                        log.accept("the guest starts anew");
                    }
                    nudge();
                }
                case THERE -> {
                }
            }
        }
    }

    /**
     * QEMU 7.2 executes stale translations after a warm start and crawls; a breakpoint that is hit throws them away.
     */
    private void nudge() throws IOException {
        if (nudges > 0) {
            nudges--;
            long here = stub.registers()[1];
            stub.breakpoint(here);
            stub.resume();
            stub.awaitStop(300);
            stub.removeBreakpoint(here);
        }
    }

    /**
     * Answers the operation exception at which the selected CPU stands in the trampoline.
     *
     * @param now the CPU's registers: the trampoline's PSW, the interrupted program's GR0..15
     */
    private void answer(long[] now) throws IOException {
        stub.load(Trampoline.OLD_PSW, psw, 0, 16);
        long oldMask = ByteBuffer.wrap(psw).getLong();
        long oldAddress = ByteBuffer.wrap(psw).getLong(8); // of the next instruction
        stub.pswMask(oldMask); // storage addresses are now those of the interrupted program
        int word = 0;
        if (storage.load(oldAddress - 4, instruction, 0, 4) == 0) {
            word = ByteBuffer.wrap(instruction).getInt();
        }
        if (!ApEmulation.isApInstruction(word)) {
            passOn(now[0], ProgramCode.OPERATION);
            return;
        }
        for (int i = 0; i < 16; i++) {
            registers.gr(i, now[2 + i]);
        }
        registers.problemState((oldMask & Psw.PROBLEM_STATE) != 0);
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

    /** Lets the kernel's own handler see a program check with this code. */
    private void passOn(long trampolineMask, int programCode) throws IOException {
        stub.pswMask(trampolineMask);
        if (programCode != ProgramCode.OPERATION) {
            stub.store(Trampoline.INTERRUPTION_CODE, new byte[]{0, (byte) programCode}, 0, 2);
        }
        stub.pswAddress(Trampoline.ONWARD);
    }

    private void leave() throws IOException {
        for (String thread : stub.threads()) {
            stub.select(thread);
            long[] now = stub.registers();
            if (Trampoline.isTouch(now[0], now[1])) {
                answer(now); // it would read the byte for ever once nobody watches
            }
            Trampoline.remove(stub);
        }
        facilities.disarm(stub);
        stub.unwatch(Trampoline.WATCHED);
        stub.detach();
        log.accept("detached after " + answered() + " AP instructions; the guest runs on");
    }

    /** Makes {@link #run} return soon, with the guest as it was and running. */
    public void detach() {
        detaching = true;
    }

    /** Waits until {@link #run} has returned, or the time is over. */
    public void awaitEnd(long millis) throws InterruptedException {
        ended.await(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() throws IOException {
        stub.close();
    }
}

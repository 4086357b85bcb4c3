// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcVerb;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.SimulatedMachine;

/**
 * Requests for keys through NQAP and DQAP of a CCA card. Prints operations per second of the thread's CPU time, which
 * other work on the machine does not change, for {@code benchmarks/keys/run}, or
 * how many of 100,000 requests of 16 threads over 4 domains got no answer.
 *
 * <p>Arguments: {@code sign SECONDS} (ECDSA, P-256, one thread), {@code generate SECONDS} (secure AES-256 keys, one thread),
 * or {@code lost}.
 */
public final class KeyRate {
    private static final int APID = 5;
    private static final List<Integer> DOMAINS = List.of(4, 5, 6, 7);
    private static final int THREADS = 16;
    private static final int REQUESTS = 100_000;
    private static final long WARM_UP_NANOS = 5_000_000_000L; // on a busy machine the JIT compiler needs that long
    private static final int ROOM = 4096;
    private static final int BUFFER = 12288; // as the kernel's for a reply
    private static final int BATCH = 16; // asking for the time costs as well
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    private final SimulatedMachine machine;

    private KeyRate() {
        AdapterSpec card = AdapterSpec.of(APID, 13, AdapterMode.CCA);
        for (int domain : DOMAINS) {
            card = card.keys(domain, DomainKeys.NONE.with(MasterKeySet.AES, new byte[32]));
        }
        machine = SimulatedMachine.builder(new VirtualTime()).adapter(card).usageDomains(ApMask.of(4, 5, 6, 7)).build();
    }

    private ApCommands commands() {
        return new ApCommands(machine.instructions(), machine.facilities());
    }

    private static byte[] message(int domain, byte[] parameters) {
        byte[] message = new byte[Type6Header.LENGTH + Cprbx.LENGTH + parameters.length];
        int function = (parameters[0] & 0xff) << 8 | parameters[1] & 0xff;
        Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1, Cprbx.LENGTH + parameters.length)
                .fromCardLength(1, ROOM).fromCardLength(2, ROOM);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(domain)
                .requestParameterLength(parameters.length).replyDataRoom(ROOM);
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return message;
    }

    private static boolean isDone(byte[] reply) {
        return reply[1] == (byte) 0x86 && CcaResult.of(Cprbx.at(reply, Type86Header.LENGTH)).isDone();
    }

    private static void exchange(ApCommands commands, byte[] message, byte[] reply) {
        Apqn queue = new Apqn(APID, DOMAINS.get(0));
        int status = commands.nqap(queue, 1, message, message.length, false);
        if (ApQueueStatus.responseCode(status) != 0) {
            throw new IllegalStateException(new ApQueueStatus(status).toString());
        }
        commands.dqap(queue, reply, 0);
        if (!isDone(reply)) {
            throw new IllegalStateException("the card refused");
        }
    }

    private double rate(byte[] message, long nanos) {
        ApCommands commands = commands();
        byte[] reply = new byte[BUFFER];
        long begun = CPU.getCurrentThreadCpuTime();
        long count = 0;
        long passed;
        do {
            for (int i = 0; i < BATCH; i++) {
                exchange(commands, message, reply);
            }
            count += BATCH;
            passed = CPU.getCurrentThreadCpuTime() - begun;
        } while (passed < nanos);
        return count * 1e9 / passed;
    }

    private byte[] sign() {
        byte[] reply = new byte[BUFFER];
        exchange(commands(), message(DOMAINS.get(0), EcVerb.generate(EcCurve.P256)), reply);
        int start = Type86Header.LENGTH + Cprbx.LENGTH;
        EcClearToken key = EcVerb.generated(Arrays.copyOfRange(reply, start,
                start + Cprbx.at(reply, Type86Header.LENGTH).replyParameterLength()));
        if (key == null) {
            throw new IllegalStateException("the card made no key");
        }
        return message(DOMAINS.get(0), EcVerb.sign(key, new byte[32]));
    }

    /** Every thread sends its share to one domain and takes answers, whoever asked; each answer is counted by its request. */
    private int lost() throws InterruptedException {
        AtomicIntegerArray answered = new AtomicIntegerArray(REQUESTS);
        AtomicInteger next = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicIntegerArray sent = new AtomicIntegerArray(DOMAINS.size());
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            int number = i % DOMAINS.size();
            threads[i] = Thread.ofPlatform().start(() -> {
                ApCommands commands = commands();
                Apqn queue = new Apqn(APID, DOMAINS.get(number));
                byte[] message = message(queue.apqi(), AesKeyVerb.generate(256));
                byte[] reply = new byte[BUFFER];
                for (int request = next.getAndIncrement(); request < REQUESTS; request = next.getAndIncrement()) {
                    while (ApQueueStatus.responseCode(
                            commands.nqap(queue, request, message, message.length, false)) != 0) {
                        take(commands, queue, reply, answered, refused); // it is full
                    }
                    sent.incrementAndGet(number);
                    take(commands, queue, reply, answered, refused);
                }
                int idle = 0;
                while (idle < 1000) { // what others sent last
                    idle = take(commands, queue, reply, answered, refused) ? 0 : idle + 1;
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        int lost = 0;
        for (int request = 0; request < REQUESTS; request++) {
            lost += answered.get(request) == 1 ? 0 : 1;
        }
        for (int i = 0; i < DOMAINS.size(); i++) {
            System.err.println("domain " + DOMAINS.get(i) + ": " + sent.get(i) + " requests");
        }
        return lost + refused.get();
    }

    private static boolean take(ApCommands commands, Apqn queue, byte[] reply, AtomicIntegerArray answered,
            AtomicInteger refused) {
        if (ApQueueStatus.responseCode(commands.dqap(queue, reply, 0)) != 0) {
            return false;
        }
        answered.incrementAndGet((int) commands.replyPsmid());
        if (!isDone(reply)) {
            refused.incrementAndGet();
        }
        return true;
    }

    /** Measures. */
    public static void main(String... arguments) throws InterruptedException {
        KeyRate rate = new KeyRate();
        if (arguments[0].equals("lost")) {
            int lost = rate.lost();
            System.out.println(lost);
            System.exit(lost == 0 ? 0 : 1);
        }
        byte[] message = arguments[0].equals("sign") ? rate.sign() : message(DOMAINS.get(0), AesKeyVerb.generate(256));
        System.err.println(rate.machine.rsaArithmetic());
        rate.rate(message, WARM_UP_NANOS);
        System.out.printf("%.1f%n", rate.rate(message, (long) (Double.parseDouble(arguments[1]) * 1e9)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.arch.msg.Type80Reply;
import org.apvirt.device.ErrnoException;
import org.apvirt.kvm.CryptoAttributes;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;

/**
 * RSA-2048 in CRT form through NQAP and DQAP of a guest: entry, check against the CRYCB bytes, queue, accelerator, reply.
 * One thread. Prints operations per second of the thread's CPU time, which other work on the machine does not change, for
 * {@code benchmarks/rsa/run} and {@code benchmarks/keys/run}, which set them beside {@code openssl speed}.
 *
 * <p>Arguments: seconds; optionally {@code host}, for the machine's own instructions without a guest.
 */
public final class RsaRate {
    private static final Apqn QUEUE = new Apqn(6, 4);
    private static final int MODULUS = 256; // bytes
    private static final long WARM_UP_NANOS = 2_000_000_000;
    private static final int BATCH = 16; // asking for the time costs as well
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    private final ApCommands commands;
    private final byte[] request = Type50Message.create(Format.CRB2).storage();
    private final byte[] reply = new byte[0x1000];
    private final BigInteger expected;

    private RsaRate(ApPlatform platform) throws GeneralSecurityException {
        commands = new ApCommands(platform.instructions(), platform.facilities());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(8 * MODULUS);
        RSAPrivateCrtKey key = (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
        BigInteger input = key.getModulus().shiftRight(1);
        put(Operand.P, key.getPrimeP());
        put(Operand.Q, key.getPrimeQ());
        put(Operand.DP, key.getPrimeExponentP());
        put(Operand.DQ, key.getPrimeExponentQ());
        put(Operand.U, key.getCrtCoefficient());
        put(Operand.MESSAGE, input);
        expected = input.modPow(key.getPrivateExponent(), key.getModulus());
    }

    private void put(Operand operand, BigInteger number) {
        byte[] digits = number.toByteArray();
        int sign = digits[0] == 0 ? 1 : 0;
        Type50Message.at(request).put(Format.CRB2, operand, digits, sign, digits.length - sign);
    }

    private void once() {
        int status = commands.nqap(QUEUE, 1, request, request.length, false);
        if (ApQueueStatus.responseCode(status) != 0) {
            throw new IllegalStateException(new ApQueueStatus(status).toString());
        }
        commands.dqap(QUEUE, reply, 0);
    }

    private double rate(long nanos) {
        long begun = CPU.getCurrentThreadCpuTime();
        long count = 0;
        long passed;
        do {
            for (int i = 0; i < BATCH; i++) {
                once();
            }
            count += BATCH;
            passed = CPU.getCurrentThreadCpuTime() - begun;
        } while (passed < nanos);
        int length = commands.replyLength(reply);
        if (length != Type80Reply.HEADER + MODULUS
                || !expected.equals(new BigInteger(1, reply, Type80Reply.HEADER, MODULUS))) {
            throw new IllegalStateException("the card answered something else");
        }
        return count * 1e9 / passed;
    }

    private static ApPlatform guestOf(ApPlatform host) throws ErrnoException {
        KvmGuest guest = new KvmGuest(host);
        guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        guest.lock().lock();
        try {
            guest.setMasks(ApMask.of(QUEUE.apid()), ApMask.of(QUEUE.apqi()), ApMask.NONE);
        } finally {
            guest.lock().unlock();
        }
        return guest.platform();
    }

    /** Measures. */
    public static void main(String... arguments) throws GeneralSecurityException, ErrnoException {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(QUEUE.apid(), 14, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(QUEUE.apqi())).build();
        boolean host = arguments.length > 1 && arguments[1].equals("host");
        RsaRate rate = new RsaRate(host ? machine.platform() : guestOf(machine.platform()));
        System.err.println(machine.rsaArithmetic());
        rate.rate(WARM_UP_NANOS);
        System.out.printf("%.1f%n", rate.rate((long) (Double.parseDouble(arguments[0]) * 1e9)));
    }
}

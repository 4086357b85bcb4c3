// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.ep11.Ep11Blob;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ep11KeysTest {
    private static final Apqn QUEUE = new Apqn(9, 4);
    private static final int IMPORT = 0x6c00; // encrypt, decrypt, wrap, unwrap

    private final SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).random(new Random(1))
            .administration(true).usageDomains(ApMask.of(4)).controlDomains(ApMask.of(4, 0x47))
            .adapter(AdapterSpec.of(9, 13, AdapterMode.EP11).keys(4,
                    DomainKeys.NONE.with(new WrappingKey(true, WrappingKey.register(CcaMasterKeysTest.counting(0, 32)),
                            KeyRegister.EMPTY, false))))
            .build();
    private final CryptoDomain domain = machine.adapter(9).cryptoDomain(4);

    private Ep11Payload send(Ep11Payload payload) {
        return send(payload, 0, 4);
    }

    private Ep11Payload send(Ep11Payload payload, int flags, int target) {
        byte[] bytes = payload.toBytes();
        byte[] message = new byte[Type6Header.LENGTH + Ep11Cprb.LENGTH + bytes.length];
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1,
                Ep11Cprb.LENGTH + bytes.length);
        Ep11Cprb.init(message, Type6Header.LENGTH).flags(flags).target(target).payloadLength(bytes.length);
        System.arraycopy(bytes, 0, message, Type6Header.LENGTH + Ep11Cprb.LENGTH, bytes.length);
        ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
        assertEquals(0, ap.nqap(QUEUE, 1, message, message.length, false) & 0x00ff_0000);
        byte[] buffer = new byte[4096];
        ap.dqap(QUEUE, buffer, 0);
        Ep11Payload reply = Ep11Payload.parse(
                Arrays.copyOfRange(buffer, Type86Header.LENGTH + Ep11Cprb.LENGTH, ap.replyLength(buffer)));
        assertNotNull(reply);
        return reply;
    }

    private byte[] done(Ep11Payload payload) {
        Ep11Payload reply = send(payload);
        assertEquals(0, reply.word(2), Integer.toHexString(reply.word(2)));
        return reply.field(3);
    }

    /** As the kernel does it: a passing key enciphers the clear one, which is then unwrapped. */
    private byte[] imported(byte[] clear, int attributes) {
        byte[] by = done(Ep11KeyFunction.generate(256, IMPORT, 4));
        byte[] enciphered = done(Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, by, clear, 4));
        return done(Ep11KeyFunction.unwrap(8 * clear.length, attributes, by, enciphered, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 192, 256})
    void aGeneratedKeyEnciphersDeciphersAndIsWrappedForTheCpu(int bits) {
        byte[] blob = done(Ep11KeyFunction.generate(bits, Ep11KeyFunction.DEFAULT_ATTRIBUTES, 4));
        assertEquals(Ep11Blob.LENGTH, blob.length);
        byte[] text = CcaMasterKeysTest.counting(3, 20);
        byte[] enciphered = done(Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, blob, text, 4));
        assertEquals(32, enciphered.length);
        assertArrayEquals(text, done(Ep11KeyFunction.crypt(Ep11KeyFunction.DECRYPT, blob, enciphered, 4)));
        Ep11KeyFunction.Wrapped wrapped = Ep11KeyFunction.Wrapped.parse(done(Ep11KeyFunction.wrap(blob, 4)));
        assertNotNull(wrapped);
        assertEquals(bits, wrapped.bits());
        assertEquals(bits / 8 + 32, wrapped.key().length);
    }

    @Test
    void oneClearKeyIsOneProtectedKey() {
        byte[] clear = CcaMasterKeysTest.counting(0x20, 32);
        byte[] once = done(Ep11KeyFunction.wrap(imported(clear, Ep11KeyFunction.DEFAULT_ATTRIBUTES), 4));
        byte[] again = done(Ep11KeyFunction.wrap(imported(clear, Ep11KeyFunction.DEFAULT_ATTRIBUTES), 4));
        assertArrayEquals(once, again);
    }

    @Test
    void attributesDecideWhatAKeyMayDo() {
        byte[] only = done(Ep11KeyFunction.generate(256, (int) Ep11Blob.DECRYPT, 4));
        assertEquals(Ep11Return.KEY_FUNCTION_NOT_PERMITTED,
                send(Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, only, new byte[16], 4)).word(2));
        assertEquals(Ep11Return.KEY_FUNCTION_NOT_PERMITTED, send(Ep11KeyFunction.wrap(only, 4)).word(2));
        assertEquals(Ep11Return.KEY_FUNCTION_NOT_PERMITTED,
                send(Ep11KeyFunction.unwrap(128, 0, only, new byte[32], 4)).word(2));
    }

    @Test
    void anotherWrappingKeyMakesABlobWorthless() {
        byte[] blob = done(Ep11KeyFunction.generate(256, Ep11KeyFunction.DEFAULT_ATTRIBUTES, 4));
        for (WrappingKey.Operation operation : List.of(WrappingKey.Operation.GENERATE,
                WrappingKey.Operation.COMMIT, WrappingKey.Operation.FINALIZE)) {
            Ep11Payload reply = send(Ep11KeyFunction.administration(operation.command(), 4), Ep11Cprb.ADMIN, 4);
            assertEquals(0, reply.word(2));
        }
        assertEquals(Ep11Return.WKID_MISMATCH, send(Ep11KeyFunction.wrap(blob, 4)).word(2));
        domain.zeroize();
        assertEquals(Ep11Return.NO_WRAPPING_KEY, send(Ep11KeyFunction.wrap(blob, 4)).word(2));
    }

    @Test
    void administrationReachesAControlDomainAlone() {
        Ep11Payload generate = Ep11KeyFunction.administration(WrappingKey.Operation.GENERATE.command(), 0x47);
        assertEquals(0, send(generate, Ep11Cprb.ADMIN, 0x47).word(2));
        assertTrue(machine.adapter(9).cryptoDomain(0x47).keys().ep11().next().isFull());
        assertEquals(KeyRegister.EMPTY, domain.keys().ep11().next());
        assertEquals(Ep11Return.TARGET_INVALID, send(generate, Ep11Cprb.ADMIN, 4).word(2));
        assertEquals(Ep11Return.FUNCTION_NOT_SUPPORTED, send(generate, 0, 0x47).word(2));
        assertEquals(Ep11Return.FUNCTION_REJECTED, send(
                Ep11KeyFunction.administration(WrappingKey.Operation.FINALIZE.command(), 0x47), Ep11Cprb.ADMIN, 0x47)
                .word(2));
        assertEquals(Ep11Return.TARGET_INVALID,
                send(Ep11KeyFunction.generate(256, 0, 0x47), Ep11Cprb.ADMIN, 0x47).word(2));
    }

    @Test
    void everyChangedByteOfABlobIsNoticed() {
        byte[] blob = done(Ep11KeyFunction.generate(256, Ep11KeyFunction.DEFAULT_ATTRIBUTES, 4));
        for (int at = 0; at < blob.length; at++) {
            byte[] changed = blob.clone();
            changed[at] ^= 1;
            int expected = at >= 32 && at < 48 ? Ep11Return.WKID_MISMATCH : Ep11Return.BLOB_ERROR;
            assertEquals(expected, send(Ep11KeyFunction.wrap(changed, 4)).word(2), "byte " + at);
        }
        assertEquals(Ep11Return.BLOB_ERROR, send(Ep11KeyFunction.wrap(Arrays.copyOf(blob, 255), 4)).word(2));
    }

    @Test
    void wrongRequestsGetTheirReason() {
        byte[] blob = done(Ep11KeyFunction.generate(256, IMPORT, 4));
        assertEquals(Ep11Return.KEY_SIZE_RANGE, send(Ep11KeyFunction.generate(160, 0, 4)).word(2));
        assertEquals(Ep11Return.ARGUMENTS_BAD,
                send(new Ep11Payload(1, Ep11KeyFunction.GENERATE, 4).add(0)).word(2));
        assertEquals(Ep11Return.API_UNKNOWN,
                send(new Ep11Payload(9, Ep11KeyFunction.GENERATE, 4).add(0)).word(2));
        assertEquals(Ep11Return.WRAPPED_KEY_INVALID,
                send(Ep11KeyFunction.unwrap(256, 0, blob, new byte[31], 4)).word(2));
        assertEquals(Ep11Return.ENCRYPTED_DATA_INVALID,
                send(Ep11KeyFunction.crypt(Ep11KeyFunction.DECRYPT, blob, new byte[15], 4)).word(2));
        assertEquals(Ep11Return.MECHANISM_INVALID,
                send(new Ep11Payload(1, Ep11KeyFunction.ENCRYPT, 4).add(0).addShort(new byte[20]).addShort(blob)
                        .addShort(new byte[16])).word(2));
        assertEquals(Ep11Return.FUNCTION_NOT_SUPPORTED, send(new Ep11Payload(1, 22, 4)).word(2));
    }
}

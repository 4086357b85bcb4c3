// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.ProtectedKeyBlock;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.zcrypt.CcaRequest;
import org.apvirt.zcrypt.ZcryptIoctl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A driver and cards that answer what no card should, and one that is looked at. */
class StrangeRepliesTest {
    private static final Apqn QUEUE = new Apqn(5, 4);

    /** A device that answers by a script. */
    private static final class Scripted implements OpenFile {
        private final List<byte[]> requests = new ArrayList<>();
        private byte[] reply = {};
        private int length = -1;
        private int statusWord;
        private Errno errno;
        private boolean closed;

        @Override
        public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
            byte[] bytes = argument.buffer();
            requests.add(bytes.clone());
            ByteBuffer block = ByteBuffer.wrap(bytes);
            int told = length < 0 ? reply.length : length;
            if (request == ZcryptIoctl.ZSECSENDCPRB) {
                int at = ZcryptIoctl.XCRB_LENGTH + block.getInt(ZcryptIoctl.XCRB_CONTROL_LENGTH);
                block.put(at, reply).putInt(ZcryptIoctl.XCRB_REPLY_CONTROL_LENGTH, told)
                        .putInt(ZcryptIoctl.XCRB_STATUS, statusWord);
            } else if (request == ZcryptIoctl.ZSENDEP11CPRB) {
                int at = ZcryptIoctl.EP11_URB_LENGTH + 4 + (int) block.getLong(ZcryptIoctl.EP11_REQUEST_LENGTH);
                block.put(at, reply).putLong(ZcryptIoctl.EP11_REPLY_LENGTH, told);
            } else {
                block.putInt(0, request & 0xff);
            }
            if (errno != null) {
                throw new ErrnoException(errno);
            }
            return 0;
        }

        @Override
        public void close() {
            closed = true;
        }

        String sent() {
            StringBuilder all = new StringBuilder();
            requests.forEach(request -> all.append(HexFormat.of().formatHex(request)).append(' '));
            return all.toString();
        }
    }

    private final Scripted driver = new Scripted();
    private final ZcryptDevice device = ZcryptDevice.of(driver);

    private static byte[] cca(int returnCode, int length, byte[] parameters) {
        byte[] control = new byte[Cprbx.LENGTH + parameters.length];
        Cprbx.init(control, 0, 0x5432).result(returnCode, 77).replyParameterLength(length);
        System.arraycopy(parameters, 0, control, Cprbx.LENGTH, parameters.length);
        return control;
    }

    private static byte[] cca(byte[] parameters) {
        return cca(0, parameters.length, parameters);
    }

    private static byte[] ep11(int returnCode, int surplus, Ep11Payload payload) {
        byte[] bytes = payload.toBytes();
        byte[] reply = new byte[Ep11Cprb.LENGTH + bytes.length];
        Ep11Cprb.init(reply, 0).returnCode(returnCode).payloadLength(bytes.length + surplus);
        System.arraycopy(bytes, 0, reply, Ep11Cprb.LENGTH, bytes.length);
        return reply;
    }

    private static String refused(Executable call) {
        ErrnoException e = assertThrows(ErrnoException.class, call);
        assertEquals(Errno.EIO, e.errno());
        return String.valueOf(e.getMessage());
    }

    @Test
    void eachNumberOfTheStatusIsARequestOfItsOwn() throws ErrnoException {
        CardStatus status = device.status();
        assertEquals(List.of(0x44, 0x45, 0x46, 0x47), List.of(status.waiting(), status.pending(), status.openFiles(),
                status.defaultDomain()));
        assertFalse(driver.closed);
        device.close();
        assertTrue(driver.closed);
    }

    @Test
    void anErrorTellsTheStatusWordOfTheCardIfThereIsOne() {
        driver.errno = Errno.EIO;
        CcaRequest.Block block = new CcaRequest.Block(0x4341, 5, new byte[Cprbx.LENGTH], new byte[0], 1000, 0);
        assertEquals("EIO", refused(() -> device.sendCprb(block)).replaceAll("[^A-Z].*", ""));
        driver.statusWord = 0x0008_0042;
        assertTrue(refused(() -> device.sendCprb(block)).contains("card answered status 00080042"));
    }

    @Test
    void aReplyThatLacksWhatWasAskedForIsRefused() {
        driver.reply = new byte[Cprbx.LENGTH - 1];
        assertTrue(refused(() -> device.keys().generateAes(QUEUE, 256)).contains("reply of 219 bytes"));
        driver.reply = cca(new byte[0]);
        assertTrue(refused(() -> device.keys().generateAes(QUEUE, 256)).contains("lacks what was asked for"));
        for (int length : new int[]{-1, 3, Integer.MAX_VALUE}) {
            driver.reply = cca(0, length, new byte[2]);
            assertTrue(refused(() -> device.keys().generateAes(QUEUE, 256)).contains("parameters of " + length
                    + " bytes"));
        }
        driver.reply = cca(8, 0, new byte[0]);
        assertTrue(refused(() -> device.keys().generateAes(QUEUE, 256)).contains("the card answered 8/77"));
        EcClearToken key = EcClearToken.ofPublic(EcCurve.P256, new byte[64]);
        assertTrue(refused(() -> device.keys().verify(key, new byte[32], new byte[64])).contains("8/77"));
    }

    @ParameterizedTest(name = "version {0}, {1} bytes: {2}")
    @CsvSource({"1, 48, true", "2, 56, true", "2, 64, true", "0, 48, false", "3, 48, false", "1, 47, false",
            "2, 80, false"})
    void aProtectedKeyIsOneOfAesOfAKnownVersion(int version, int length, boolean taken) throws ErrnoException {
        byte[] key = new byte[length];
        key[0] = 7;
        driver.reply = cca(AesKeyVerb.protectedKey(AesKeyVerb.PROTECT,
                new ProtectedKeyBlock(version, ProtectedKeyBlock.AES, key)));
        if (taken) {
            assertArrayEquals(key, device.keys().protectedKey(QUEUE, new byte[64]));
        } else {
            assertTrue(refused(() -> device.keys().protectedKey(QUEUE, new byte[64])).matches(
                    ".*protected key of version " + version + ", " + length + " bytes|.*lacks what was asked for"));
        }
    }

    @Test
    void anotherTokenThanAskedForIsRefused() {
        driver.reply = cca(AesKeyVerb.token(AesKeyVerb.GENERATE, new byte[64]));
        assertTrue(refused(() -> device.keys().generateAes(QUEUE, 256)).contains("another token than asked for"));
        driver.reply = cca(AesKeyVerb.token(AesKeyVerb.GENERATE_CIPHER, new byte[64]));
        assertTrue(refused(() -> device.keys().generateCipher(QUEUE, 256)).contains("another token than asked for"));
    }

    /** What the driver or a trace of it could keep. */
    @Test
    void aClearKeyIsInNoRequestForACipherKey() {
        byte[] clear = HexFormat.of().parseHex("c1ea".repeat(16));
        driver.reply = cca(new byte[0]);
        for (int i = 0; i < 2; i++) {
            refused(() -> device.keys().importCipher(QUEUE, clear));
        }
        assertFalse(driver.sent().contains("c1eac1ea"), driver::sent);
        assertFalse(Arrays.equals(driver.requests.get(0), driver.requests.get(1)), "a random part each time");
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 32})
    void anImportedEp11KeyIsSentWithItsLength(int bytes) throws ErrnoException {
        driver.reply = ep11(0, 0, new Ep11Payload(Ep11KeyFunction.GENERATE, 4).add(0).add(new byte[]{1, 2, 3}));
        device.ep11Keys().importKey(QUEUE, new byte[bytes]);
        assertEquals(3, driver.requests.size());
        assertTrue(driver.sent().contains(String.format("00000161%08x", bytes)), driver::sent);
    }

    @Test
    void anEp11ReplyIsTakenIfItIsWholeAndRefusedIfNot() throws ErrnoException {
        Ep11Payload whole = new Ep11Payload(Ep11KeyFunction.GENERATE, 4).add(0).add(new byte[]{1, 2, 3});
        Ep11Payload failed = new Ep11Payload(Ep11KeyFunction.GENERATE, 4).add(0x62).add(new byte[]{1, 2, 3});
        Ep11Payload without = new Ep11Payload(Ep11KeyFunction.GENERATE, 4).add(0);
        Ep11Payload withoutValue = new Ep11Payload(Ep11KeyFunction.GENERATE, 4);
        driver.reply = ep11(0, 0, whole);
        assertArrayEquals(new byte[]{1, 2, 3}, device.ep11Keys().generate(QUEUE, 256));
        Map<String, byte[]> strange = Map.of("code 0", ep11(0, 1, whole), "code 7", ep11(7, 0, whole), "62",
                ep11(0, 0, failed), "the card answered 0", ep11(0, 0, without), "answered code 0",
                ep11(0, 0, withoutValue), "card answered code 0", ep11(0, Integer.MIN_VALUE, whole));
        strange.forEach((message, reply) -> {
            driver.reply = reply;
            String refusal = refused(() -> device.ep11Keys().generate(QUEUE, 256));
            assertTrue(refusal.endsWith(message), () -> message + " | " + refusal);
        });
        driver.reply = ep11(0, 0, whole);
        driver.length = Ep11Cprb.LENGTH - 1;
        assertTrue(refused(() -> device.ep11Keys().generate(QUEUE, 256)).contains("reply of 31 bytes"));
        driver.length = Ep11Cprb.LENGTH;
        assertTrue(refused(() -> device.ep11Keys().generate(QUEUE, 256)).endsWith("code 0"));
    }

    /** As the real driver is handed it: pointers hold addresses, those of nothing 0. */
    @Test
    void inMemoryEachPointerHoldsTheAddressOfWhatItPointsTo() {
        ZcryptArgument argument = new ZcryptArgument(24).point(0, new byte[]{1, 2, 3}).point(8, new byte[0])
                .point(16, new byte[]{4, 5});
        assertEquals("0000000000001018" + "0000000000000000" + "000000000000101b" + "0102030405",
                HexFormat.of().formatHex(argument.toBytes(0x1000)));
        assertEquals(24 + 5, argument.toBytes().length);
    }
}

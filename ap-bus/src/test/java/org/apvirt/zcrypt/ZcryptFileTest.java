// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class ZcryptFileTest {
    private static final IoctlArgument.FileTable NO_FILES = new IoctlArgument.FileTable() {
        @Override
        public @Nullable OpenFile file(int fd) {
            return null;
        }

        @Override
        public int install(OpenFile file) {
            throw new IllegalStateException();
        }
    };
    /** Two primes of 512 bits. */
    private static final BigInteger P = BigInteger.TWO.pow(511).nextProbablePrime();
    private static final BigInteger Q = BigInteger.TWO.pow(511).add(BigInteger.TWO.pow(400)).nextProbablePrime();
    private static final BigInteger N = P.multiply(Q);
    private static final BigInteger E = BigInteger.valueOf(65537);
    private static final BigInteger D = E.modInverse(
            P.subtract(BigInteger.ONE).multiply(Q.subtract(BigInteger.ONE)));

    private final TestHost host = boot(AdapterSpec.of(5, 11, AdapterMode.CCA),
            AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR),
            AdapterSpec.of(7, 14, AdapterMode.ACCELERATOR));

    private static TestHost boot(AdapterSpec... adapters) {
        return new TestHost(TestLevel.LINUX_6_12, machine -> {
            for (AdapterSpec adapter : adapters) {
                machine.adapter(adapter);
            }
            return machine.usageDomains(ApMask.of(4, 71));
        }).withDrivers();
    }

    private OpenFile open(String path) throws ErrnoException {
        SysfsDirectory dev = host.kernel.dev();
        return ((CharDevice) dev.child(path)).opener().open();
    }

    private byte[] ioctl(String node, int request, byte[] buffer) throws ErrnoException {
        try (OpenFile file = open(node)) {
            file.ioctl(request, new IoctlArgument(0, buffer, NO_FILES));
        }
        return buffer;
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] raw = number.toByteArray();
        byte[] field = new byte[length];
        int count = Math.min(raw.length, length);
        System.arraycopy(raw, raw.length - count, field, length - count, count);
        return field;
    }

    private static byte[] modExpo(BigInteger input, BigInteger exponent, BigInteger modulus, int length) {
        ByteBuffer buffer = ByteBuffer.allocate(48 + 4 * length);
        buffer.putInt(8, length).putInt(24, length);
        return buffer.position(48).put(bytes(input, length)).put(new byte[length]).put(bytes(exponent, length))
                .put(bytes(modulus, length)).array();
    }

    private BigInteger modExpo(BigInteger input, BigInteger exponent, int length) throws ErrnoException {
        byte[] buffer = ioctl("z90crypt", ZcryptIoctl.ICARSAMODEXPO, modExpo(input, exponent, N, length));
        return new BigInteger(1, Arrays.copyOfRange(buffer, 48 + length, 48 + 2 * length));
    }

    private static BigInteger inverse() {
        return Q.modInverse(P);
    }

    /**
     * A request that is flushed is sent again, and not where it was: a request counts 10000 more on the same queue and 1000
     * on the same card, so that neither the load nor the number of earlier requests matters.
     */
    @ParameterizedTest(name = "{0}, then {1}")
    @CsvSource({"06.0004, 06.0047", "07.0004, 06.0004"})
    void aFlushedRequestGoesToAnotherQueue(String first, String second) throws ErrnoException {
        List<String> used = List.of(first, second);
        for (String queue : List.of("05.0004", "05.0047", "06.0004", "06.0047", "07.0004", "07.0047")) {
            host.write(file(queue, "online"), queue.equals(second) ? "1" : "0");
        }
        for (int i = 0; i < 3; i++) { // the other queue has had more requests
            modExpo(BigInteger.TWO, E, 128);
        }
        host.write(file(first, "online"), "1");
        for (int adapter : new int[]{6, 7}) {
            host.machine.adapter(adapter).change(spec -> spec.serviceTime(Duration.ofMillis(10)));
        }
        host.time.schedule(1_000_000, () -> {
            try {
                host.write(file(first, "reset"), "1");
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(BigInteger.TWO.modPow(E, N), modExpo(BigInteger.TWO, E, 128));
        assertEquals(List.of("1\n", "4\n"), used.stream().map(it -> host.read(file(it, "request_count"))).toList());
    }

    @Test
    void aFlushedRequestGoesToAnotherCardThoughAQueueOfTheFirstHasDoneLess() throws ErrnoException {
        for (String queue : List.of("05.0004", "05.0047", "06.0004", "06.0047", "07.0004", "07.0047")) {
            host.write(file(queue, "online"), queue.equals("06.0004") ? "1" : "0");
        }
        for (int i = 0; i < 3; i++) {
            modExpo(BigInteger.TWO, E, 128);
        }
        host.write(file("07.0004", "online"), "1");
        host.write(file("07.0047", "online"), "1");
        for (int adapter : new int[]{6, 7}) {
            host.machine.adapter(adapter).change(spec -> spec.serviceTime(Duration.ofMillis(10)));
        }
        host.time.schedule(1_000_000, () -> {
            try {
                host.write(file("07.0004", "reset"), "1");
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(BigInteger.TWO.modPow(E, N), modExpo(BigInteger.TWO, E, 128));
        assertEquals(List.of("1\n", "0\n", "4\n"), List.of("07.0004", "07.0047", "06.0004").stream()
                .map(it -> host.read(file(it, "request_count"))).toList());
    }

    private static String file(String queue, String name) {
        return "/devices/ap/card" + queue.substring(0, 2) + '/' + queue + '/' + name;
    }

    @Nested
    class AnRsaRequest {
        @ParameterizedTest
        @ValueSource(ints = {128, 129, 255, 256, 257, 512})
        void isComputedByAnAccelerator(int length) throws ErrnoException {
            BigInteger message = BigInteger.valueOf(123_456_789);
            assertEquals(message.modPow(E, N), modExpo(message, E, length));
        }

        @Test
        void inCrtFormIsComputedToo() throws ErrnoException {
            int half = 64;
            BigInteger cipher = BigInteger.valueOf(4711).modPow(E, N);
            ByteBuffer buffer = ByteBuffer.allocate(72 + 2 * 128 + 5 * half + 24);
            buffer.putInt(8, 128).putInt(24, 128).position(72).put(bytes(cipher, 128)).put(new byte[128])
                    .put(bytes(D.mod(P.subtract(BigInteger.ONE)), half + 8))
                    .put(bytes(D.mod(Q.subtract(BigInteger.ONE)), half)).put(bytes(P, half + 8)).put(bytes(Q, half))
                    .put(bytes(inverse(), half + 8));
            byte[] answer = ioctl("z90crypt", ZcryptIoctl.ICARSACRT, buffer.array());
            assertEquals(BigInteger.valueOf(4711),
                    new BigInteger(1, Arrays.copyOfRange(answer, 72 + 128, 72 + 256)));
            host.write("apmask", "-6,-7"); // only the CCA card is left
            answer = ioctl("z90crypt", ZcryptIoctl.ICARSACRT, buffer.array());
            assertEquals(BigInteger.valueOf(4711),
                    new BigInteger(1, Arrays.copyOfRange(answer, 72 + 128, 72 + 256)));
        }

        /** 5 bytes for a modulus of 35 = 5 * 7: dp = 5 mod 4 = 1, dq = 5 mod 6 = 5, u = 7^-1 mod 5 = 3; 17 for a CCA card. */
        @ParameterizedTest
        @CsvSource({"5, '-5'", "17, '-6,-7'"})
        void inCrtFormMayHaveAnOddLength(int length, String withoutCards) throws ErrnoException {
            host.write("apmask", withoutCards);
            int half = (length + 1) / 2;
            ByteBuffer buffer = ByteBuffer.allocate(72 + 2 * length + 5 * half + 24);
            buffer.putInt(8, length).putInt(24, length).position(72).put(bytes(BigInteger.valueOf(3), length))
                    .put(new byte[length]).put(bytes(BigInteger.ONE, half + 8)).put(bytes(BigInteger.valueOf(5), half))
                    .put(bytes(BigInteger.valueOf(5), half + 8)).put(bytes(BigInteger.valueOf(7), half))
                    .put(bytes(BigInteger.valueOf(3), half + 8));
            byte[] answer = ioctl("z90crypt", ZcryptIoctl.ICARSACRT, buffer.array());
            assertEquals(33, answer[72 + 2 * length - 1], "3 to the 5th modulo 35");
        }

        @Test
        void goesToTheFastestCardAndItsQueuesInTurn() throws ErrnoException {
            for (int i = 0; i < 4; i++) {
                modExpo(BigInteger.TWO, E, 128);
            }
            assertEquals("2\n", host.read("/devices/ap/card07/07.0004/request_count"));
            assertEquals("2\n", host.read("/devices/ap/card07/07.0047/request_count"));
            assertEquals("0\n", host.read("/devices/ap/card06/request_count"));
            host.write("/devices/ap/card07/online", "0");
            modExpo(BigInteger.TWO, E, 128);
            assertEquals("1\n", host.read("/devices/ap/card06/06.0004/request_count"));
        }

        @Test
        void goesToACcaCardIfThereIsNoOther() throws ErrnoException {
            host.write("apmask", "-6,-7");
            BigInteger message = BigInteger.valueOf(42);
            assertEquals(message.modPow(E, N), modExpo(message, E, 128));
        }

        @Test
        void thatNoCardCanDoIsEnodev() throws ErrnoException {
            assertEquals(Errno.ENODEV, refused(modExpo(BigInteger.TWO, E, N, 513)));
            host.write("apmask", "0");
            assertEquals(Errno.ENODEV, refused(modExpo(BigInteger.TWO, E, N, 128)));
        }

        @Test
        void withWrongLengthsIsEinvalOrEfault() {
            byte[] buffer = modExpo(BigInteger.TWO, E, N, 128);
            ByteBuffer.wrap(buffer).putInt(8, 0);
            assertEquals(Errno.EINVAL, refused(buffer));
            ByteBuffer.wrap(buffer).putInt(8, 129);
            assertEquals(Errno.EINVAL, refused(buffer));
            ByteBuffer.wrap(buffer).putInt(8, 128).putInt(24, -1);
            assertEquals(Errno.EFAULT, refused(buffer));
            ByteBuffer.wrap(buffer).putInt(8, -1);
            assertEquals(Errno.ENODEV, refused(buffer), "no card takes that, so nobody looks for the bytes");
            assertEquals(Errno.EFAULT, refused(new byte[10]));
        }

        @Test
        void withAnEvenModulusIsEinval() {
            assertEquals(Errno.EINVAL, refused(modExpo(BigInteger.TWO, E, N.add(BigInteger.ONE), 128)));
        }

        private Errno refused(byte[] buffer) {
            return assertThrows(ErrnoException.class,
                    () -> ioctl("z90crypt", ZcryptIoctl.ICARSAMODEXPO, buffer)).errno();
        }
    }

    @Nested
    class AStatus {
        @Test
        void namesTypeNumberOnlineAndFunctionsOfEachQueue() throws ErrnoException {
            host.write("/devices/ap/card06/06.0004/online", "0");
            ByteBuffer words = ByteBuffer
                    .wrap(ioctl("z90crypt", ZcryptIoctl.ZCRYPT_DEVICE_STATUS, new byte[0x40000]));
            assertEquals(0x0b05_0480 | 0xf2 >> 2 << 1, words.getInt(4 * 0x0504));
            assertEquals(0x0b06_0400 | 0xea >> 2 << 1, words.getInt(4 * 0x0604));
            assertEquals(0, words.getInt(4 * 0x0505));
        }

        @Test
        void namesTheKindsOfCardsInTheDefaultDomain() throws ErrnoException {
            host.write("/devices/ap/card06/online", "0");
            byte[] kinds = ioctl("z90crypt", ZcryptIoctl.ZCRYPT_STATUS_MASK, new byte[256]);
            assertEquals(List.of(7, 13, 12), List.of((int) kinds[5], (int) kinds[6], (int) kinds[7]));
        }

        @Test
        void countsRequestsFilesAndNamesTheDomain() throws ErrnoException {
            modExpo(BigInteger.TWO, E, 128);
            ByteBuffer counts = ByteBuffer
                    .wrap(ioctl("z90crypt", ZcryptIoctl.ZCRYPT_PERDEV_REQCNT, new byte[1024]));
            assertEquals(1, counts.getInt(4 * 7));
            try (OpenFile another = open("z90crypt")) {
                assertEquals(2, number(ZcryptIoctl.Z90STAT_TOTALOPEN_COUNT));
            }
            assertEquals(1, number(ZcryptIoctl.Z90STAT_TOTALOPEN_COUNT));
            assertEquals(4, number(ZcryptIoctl.Z90STAT_DOMAIN_INDEX));
            assertEquals(0, number(ZcryptIoctl.Z90STAT_PENDINGQ_COUNT));
        }

        private int number(int request) throws ErrnoException {
            return ByteBuffer.wrap(ioctl("z90crypt", request, new byte[4])).getInt();
        }
    }

    @Nested
    class AnAdditionalNode {
        private static final String NODE = "/devices/virtual/zcrypt/node1/";

        AnAdditionalNode() throws ErrnoException {
            host.write("/class/zcrypt/create", " node1\n");
        }

        private void modExpoThere() throws ErrnoException {
            ioctl("node1", ZcryptIoctl.ICARSAMODEXPO, modExpo(BigInteger.TWO, E, N, 128));
        }

        @Test
        void allowsWhatItsMasksName() throws ErrnoException {
            assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, this::modExpoThere).errno());
            host.write(NODE + "ioctlmask", "+5");
            assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class, this::modExpoThere).errno());
            host.write(NODE + "apmask", "+6");
            host.write(NODE + "aqmask", "+71");
            modExpoThere();
            assertEquals("1\n", host.read("/devices/ap/card06/06.0047/request_count"));
        }

        @Test
        void thatExistsIsEexistAndDestroyedTwiceIsEnoent() throws ErrnoException {
            assertEquals(Errno.EEXIST, host.refused("/class/zcrypt/create", "node1"));
            host.write("/class/zcrypt/destroy", "node1");
            assertEquals(Errno.ENOENT, host.refused("/class/zcrypt/destroy", "node1"));
            assertEquals(null, host.node("/class/zcrypt/node1"));
        }

        @Test
        void withoutNameIsNamedByItsMinor() throws ErrnoException {
            host.uevents.clear();
            host.write("/class/zcrypt/create", "\n");
            assertEquals(List.of("add@/devices/virtual/zcrypt/zcrypt_1"), host.uevents);
            host.write("/class/zcrypt/create", "b/c");
            assertEquals("0x" + "0".repeat(64) + "\n", host.read("/devices/virtual/zcrypt/b!c/admask"));
        }

        @Test
        void areAtMost256() throws ErrnoException {
            for (int i = 1; i < 256; i++) {
                host.write("/class/zcrypt/create", "more" + i);
            }
            assertEquals(Errno.ENOSPC, host.refused("/class/zcrypt/create", "one more"));
        }
    }

    @Test
    void readingAndWritingAreEpermAndAnUnknownIoctlIsEnotty() throws Exception {
        try (OpenFile file = open("z90crypt")) {
            assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> file.read(1)).errno());
            assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> file.write(new byte[1])).errno());
        }
        assertEquals(Errno.ENOTTY,
                assertThrows(ErrnoException.class, () -> ioctl("z90crypt", 0xc000_7a77, new byte[4])).errno());
        assertEquals(Errno.EPERM,
                assertThrows(ErrnoException.class, () -> ioctl("z90crypt", 0xc000_7a00, new byte[4])).errno());
    }
}

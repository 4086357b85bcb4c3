package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** ZSECSENDCPRB and ZSENDEP11CPRB, byte by byte. Cards 5 (CEX5C), 7 (CEX8C) and 8 (CEX7P), domains 4 and 6. */
class CprbIoctlTest {
    private static final int ANY = -1;
    private static final int ROOM = 5000;

    private TestHost host = boot(TestLevel.LINUX_6_12);

    private static TestHost boot(TestLevel level) {
        return new TestHost(level, machine -> machine
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
                .adapter(AdapterSpec.of(7, 14, AdapterMode.CCA).cca(CcaIdentity.of("CARDSEVN")))
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
                .usageDomains(ApMask.of(4, 6)).controlDomains(ApMask.of(4, 6, 9))).withDrivers();
    }

    private void ioctl(String node, int request, ByteBuffer buffer) throws ErrnoException {
        IoctlArgument.FileTable none = new IoctlArgument.FileTable() {
            @Override
            public @Nullable OpenFile file(int fd) {
                return null;
            }

            @Override
            public int install(OpenFile file) {
                throw new IllegalStateException();
            }
        };
        try (OpenFile file = ((CharDevice) host.kernel.dev().child(node)).opener().open()) {
            file.ioctl(request, new IoctlArgument(0, buffer.array(), none));
        }
    }

    private Errno refused(String node, int request, ByteBuffer buffer) {
        return assertThrows(ErrnoException.class, () -> ioctl(node, request, buffer)).errno();
    }

    private void countRequests(String path, int expected) throws ErrnoException {
        assertEquals(expected + "\n", host.read("/devices/ap/" + path + "/request_count"));
    }

    @Nested
    class ACcaRequest {
        private static final int XCRB = 94;

        private static byte[] control(String id, int domain, byte[] parameters) {
            byte[] control = new byte[Cprbx.LENGTH + parameters.length];
            Cprbx.init(control, 0, id.charAt(0) << 8 | id.charAt(1)).domain(domain)
                    .requestParameterLength(parameters.length).replyRoom(ROOM);
            System.arraycopy(parameters, 0, control, Cprbx.LENGTH, parameters.length);
            return control;
        }

        private static byte[] query(String id, int domain) {
            return control(id, domain, Arrays.copyOf(CcaFacilityQuery.request(CcaFacilityQuery.STATICSA), 40));
        }

        private static ByteBuffer xcrb(int adapter, byte[] control, byte[] data, int controlRoom, int dataRoom) {
            ByteBuffer buffer = ByteBuffer.allocate(XCRB + control.length + data.length + controlRoom + dataRoom);
            buffer.putShort(0, (short) 0x4341).putInt(2, adapter).putInt(8, control.length).putInt(28, data.length)
                    .putInt(48, controlRoom).putInt(68, dataRoom).putInt(90, 0x1234);
            return buffer.put(XCRB, control).put(XCRB + control.length, data);
        }

        private static ByteBuffer xcrb(int adapter, byte[] control) {
            return xcrb(adapter, control, new byte[0], ROOM, 0);
        }

        private Errno refused(ByteBuffer buffer) {
            return CprbIoctlTest.this.refused("z90crypt", 0xc000_7a81, buffer);
        }

        private ByteBuffer answered(ByteBuffer buffer) throws ErrnoException {
            ioctl("z90crypt", 0xc000_7a81, buffer);
            return buffer;
        }

        private static String serial(ByteBuffer answered, int requestLength) {
            byte[] serial = new byte[8];
            answered.get(XCRB + requestLength + Cprbx.LENGTH + 4, serial);
            return new String(serial, StandardCharsets.US_ASCII);
        }

        @ParameterizedTest
        @CsvSource({"5, CARDFIVE", "7, CARDSEVN"})
        void isAnsweredByTheCardItNames(int adapter, String serial) throws ErrnoException {
            byte[] query = query("T2", 4);
            ByteBuffer answer = answered(xcrb(adapter, query));
            assertEquals(serial, serial(answer, query.length));
            assertEquals(0xdc + 2 + 2 + 128 + 2 + 256, answer.getInt(48), "bytes of the reply");
            assertEquals(0, answer.getInt(68));
            assertEquals(0, answer.getInt(90), "status");
            assertEquals(4, answer.getShort(XCRB + query.length + 0xaa), "domain");
        }

        @Test
        void thatNamesNoCardGoesToTheFastestAndNoDomainToThatOfTheQueue() throws ErrnoException {
            byte[] query = query("T2", 0xffff);
            ByteBuffer answer = answered(xcrb(ANY, query));
            assertEquals("CARDSEVN", serial(answer, query.length));
            // The kernel's random-number feed has used the first queue already; they take turns.
            assertEquals(6, answer.getShort(XCRB + query.length + 0xaa));
            assertEquals(4, answered(xcrb(ANY, query)).getShort(XCRB + query.length + 0xaa));
        }

        @Test
        void forRandomBytesHasThemInItsDataBuffer() throws ErrnoException {
            byte[] control = RandomRequest.control();
            ByteBuffer answer = answered(xcrb(ANY, control, new byte[0], ROOM, 4096));
            assertEquals(4096, answer.getInt(68));
            byte[] random = new byte[4096];
            answer.get(XCRB + control.length + ROOM, random);
            assertTrue(new String(random, StandardCharsets.ISO_8859_1).chars().distinct().count() > 200);
        }

        @Test
        void forACardOrDomainThatIsNotThereIsEnodev() {
            assertEquals(Errno.ENODEV, refused(xcrb(6, query("T2", 4))));
            assertEquals(Errno.ENODEV, refused(xcrb(8, query("T2", 4))), "an EP11 card");
            assertEquals(Errno.ENODEV, refused(xcrb(5, query("T2", 5))));
            assertEquals(Errno.ENODEV, refused(xcrb(5, query("T2", 0x100))));
        }

        /** What older kernels send whatever is in it, newer ones do not. */
        @ParameterizedTest(name = "{0}: control block of {1} bytes, room for {2}: sent {3}")
        @CsvSource({"LINUX_6_12, 219, 600, false", "LINUX_6_12, 221, 600, false", "LINUX_6_12, 222, 600, true",
                "LINUX_6_12, 222, 0, true", "LINUX_6_12, 222, 219, true", "LINUX_7_2, 219, 600, false",
                "LINUX_7_2, 220, 600, true", "LINUX_7_2, 221, 600, true", "LINUX_7_2, 222, 600, true",
                "LINUX_7_2, 222, 219, false", "LINUX_7_2, 222, 220, true"})
        void isCheckedBeforeItIsSentAsEachKernelDoes(TestLevel level, int length, int room, boolean sent) {
            host = boot(level);
            byte[] control = Arrays.copyOf(control("T2", 4, "ZZ".getBytes(StandardCharsets.US_ASCII)), length);
            if (length == 220) {
                control[1] = (byte) 218; // so that the function code is inside
            }
            ByteBuffer request = xcrb(5, control, new byte[0], room, 0);
            Errno errno = refused(request);
            assertTrue(sent || errno == Errno.EINVAL, () -> "" + errno);
            assertNotEquals(sent, host.read("/devices/ap/card05/05.0004/request_count").equals("0\n"));
            assertEquals(sent ? 0x0008_044d : 0, request.getInt(90), "status");
        }

        @Test
        void thatIsShorterThanAControlBlockNamesDomainZeroWhereTheKernelSendsIt() {
            assertEquals(Errno.ENODEV, refused(xcrb(5, new byte[2])));
            assertEquals(Errno.EINVAL, refused(xcrb(5, new byte[1])), "no room for a function code");
        }

        @Test
        void withLengthsThatCannotBeIsEinval() {
            byte[] noFunctionCode = query("T2", 4);
            noFunctionCode[1] = (byte) (noFunctionCode.length - 1);
            assertEquals(Errno.EINVAL, refused(xcrb(5, noFunctionCode)));
            assertEquals(Errno.EINVAL, refused(xcrb(5, query("T2", 4), new byte[12288], ROOM, 0)));
            assertEquals(Errno.EINVAL, refused(xcrb(5, query("T2", 4)).putInt(8, -1)));
            assertEquals(Errno.EINVAL, refused(xcrb(5, query("T2", 4)).putInt(48, -1)));
        }

        @Test
        void withPointersToNothingIsEfault() {
            assertEquals(Errno.EFAULT, refused(ByteBuffer.allocate(93)));
            assertEquals(Errno.EFAULT, refused(xcrb(5, query("T2", 4), new byte[0], 0, 0).putInt(8, 300)));
            assertEquals(Errno.EFAULT, refused(xcrb(5, query("T2", 4), new byte[0], 0, 0).putInt(28, 100)));
            assertEquals(Errno.EFAULT, refused(xcrb(5, query("T2", 4), new byte[0], 0, 0).putInt(48, ROOM)));
        }

        @Test
        void whoseReplyDoesNotFitIsEmsgsizeAndTheLengthsStay() throws ErrnoException {
            byte[] query = query("T2", 4);
            ByteBuffer tooShort = xcrb(5, query, new byte[0], 509, 0);
            assertEquals(Errno.EMSGSIZE, refused(tooShort));
            assertEquals(509, tooShort.getInt(48));
            assertEquals(610, answered(xcrb(5, query, new byte[0], 610, 0)).getInt(48));
        }

        @Test
        void thatTheCardDoesNotKnowIsEinvalAtOnce() throws ErrnoException {
            ByteBuffer unknown = xcrb(5, control("T2", 4, "ZZ".getBytes(StandardCharsets.US_ASCII)));
            assertEquals(Errno.EINVAL, refused(unknown));
            countRequests("card05/05.0004", 1);
            assertEquals(0x0008_044d, unknown.getInt(90));
            assertEquals(ROOM, unknown.getInt(48));
        }

        @ParameterizedTest
        @CsvSource({"LINUX_6_12, T2, 9", "LINUX_6_12, T3, 9", "LINUX_7_2, T2, 4", "LINUX_7_2, T3, 4"})
        void forADomainThatMayOnlyBeControlledGoesToAnyQueue(TestLevel level, String id, int arrives)
                throws ErrnoException {
            host = boot(level);
            byte[] query = query(id, 9);
            assertEquals(arrives, answered(xcrb(5, query)).getShort(XCRB + query.length + 0xaa), "the domain");
        }

        @Nested
        class OfAnAdditionalNode {
            private static final String NODE = "/devices/virtual/zcrypt/node1/";

            OfAnAdditionalNode() throws ErrnoException {
                host.write("/class/zcrypt/create", "node1");
                host.write(NODE + "ioctlmask", "+129");
                host.write(NODE + "apmask", "+5");
                host.write(NODE + "aqmask", "+4");
            }

            private Errno refused(String id, int domain) {
                return CprbIoctlTest.this.refused("node1", 0xc000_7a81, xcrb(ANY, query(id, domain)));
            }

            @Test
            void usesWhatItsMasksName() throws ErrnoException {
                byte[] query = query("T2", 0xffff);
                ByteBuffer answer = xcrb(ANY, query);
                ioctl("node1", 0xc000_7a81, answer);
                assertEquals("CARDFIVE", serial(answer, query.length));
                assertEquals(Errno.ENODEV, refused("T2", 6));
                assertEquals(Errno.EPERM, CprbIoctlTest.this.refused("node1", 0xc000_7a04, ByteBuffer.allocate(58)));
            }

            @ParameterizedTest
            @ValueSource(strings = {"T3", "T5", "T6", "T7"})
            void controlsWhatItsAdmaskNames(String id) throws ErrnoException {
                assertEquals(Errno.ENODEV, refused(id, 4));
                host.write(NODE + "admask", "+4");
                ioctl("node1", 0xc000_7a81, xcrb(ANY, query(id, 4)));
            }

            @Test
            void cannotTellWhatAControlBlockOfUnknownKindDoes() throws ErrnoException {
                assertEquals(Errno.EOPNOTSUPP, refused("T8", 4));
                ioctl("z90crypt", 0xc000_7a81, xcrb(ANY, query("T8", 4)));
                ioctl("node1", 0xc000_7a81, xcrb(ANY, query("T8", 0xffff)));
            }
        }
    }

    @Nested
    class AnEp11Request {
        private static final int URB = 58;
        private static final int CARD_EIGHT = 0x0008_0006;

        private static byte[] control(int flags, int domain, byte[] payload) {
            byte[] control = new byte[Ep11Cprb.LENGTH + payload.length];
            Ep11Cprb.init(control, 0).flags(flags).target(domain).returnCode(-1).payloadLength(payload.length);
            System.arraycopy(payload, 0, control, Ep11Cprb.LENGTH, payload.length);
            return control;
        }

        private static byte[] query(int flags, int domain) {
            return control(flags, domain, new Ep11Payload(38, domain).add(Ep11Payload.QUERY_DOMAIN).add(0).toBytes());
        }

        private static ByteBuffer urb(byte[] request, long room, int... targets) {
            ByteBuffer buffer = ByteBuffer.allocate(URB + 4 * targets.length + request.length + (int) room);
            buffer.putShort(0, (short) targets.length).putLong(26, request.length).putLong(42, room).position(URB);
            for (int target : targets) {
                buffer.putInt(target);
            }
            return buffer.put(request);
        }

        private Errno refused(ByteBuffer buffer) {
            return CprbIoctlTest.this.refused("z90crypt", 0xc000_7a04, buffer);
        }

        /** Returns the domain in the control block, in the payload, and in the answer to the query. */
        private int[] domains(ByteBuffer urb, int answerAt) throws ErrnoException {
            ioctl("z90crypt", 0xc000_7a04, urb);
            assertEquals(32 + 26 + 80, urb.getLong(42), "bytes of the reply");
            return new int[]{urb.getInt(answerAt + 12), urb.getInt(answerAt + 32 + 4 + 6 + 2),
                    urb.getInt(answerAt + 32 + 26)};
        }

        @Test
        void isForTheDomainOfTheQueueThatItsTargetsNameWhateverItSays() throws ErrnoException {
            byte[] query = query(0, 0xffff);
            assertEquals("[6, 6, 6]",
                    Arrays.toString(domains(urb(query, 300, 0x0007_0004, CARD_EIGHT), URB + 8 + query.length)));
            assertEquals("[4, 4, 4]",
                    Arrays.toString(domains(urb(query, 300, 0xffff_0004), URB + 4 + query.length)));
            assertEquals("[4, 4, 4]", Arrays.toString(domains(urb(query, 300), URB + query.length)));
        }

        @Test
        void thatAdministersKeepsTheDomainThatItNames() throws ErrnoException {
            byte[] query = query(0x80, 9);
            int[] domains = domains(urb(query, 300, CARD_EIGHT), URB + 4 + query.length);
            assertEquals("[9, 9]", Arrays.toString(Arrays.copyOf(domains, 2)));
        }

        @Test
        void forTargetsThatAreNotThereIsEnodev() {
            assertEquals(Errno.ENODEV, refused(urb(query(0, 4), 300, 0x0005_0004)));
            assertEquals(Errno.ENODEV, refused(urb(query(0, 4), 300, 0x0008_0005)));
        }

        @Test
        void thatTheCardDoesNotKnowIsAnsweredWithAReturnValue() throws ErrnoException {
            byte[] request = control(0, 4, new Ep11Payload(7, 4).add(0).toBytes());
            ByteBuffer urb = urb(request, 300);
            ioctl("z90crypt", 0xc000_7a04, urb);
            assertEquals(0x54, urb.getInt(URB + request.length + 32 + 4 + 12 + 2));
        }

        /** Payloads by hand: tag, length, function, domain; and how many requests reach the card. */
        @ParameterizedTest(name = "{0}: {1} {2} with room for {3}: {4} sent")
        @CsvSource({"LINUX_6_12, 0, '', 300, 1", "LINUX_6_12, 1, 30, 300, 1", "LINUX_6_12, 5, 3003040100, 10, 1",
                "LINUX_6_12, 27, 30820017040400010026040400000004040400000001, 0, 1",
                "LINUX_6_12, 6, 308103040100, 300, 1",
                "LINUX_6_12, 6, 308503040100, 300, 1", "LINUX_6_12, 6, 308303040100, 300, 0",
                "LINUX_6_12, 9, 308400000003040100, 300, 0", "LINUX_6_12, 28, 0403040100, 300, 1",
                "LINUX_7_2, 5, 3003040100, 300, 1", "LINUX_7_2, 5, 3003040100, 31, 0",
                "LINUX_7_2, 9, 308400000003040100, 300, 1", "LINUX_7_2, 6, 308503040100, 300, 0",
                "LINUX_7_2, 6, 3003040100, 300, 0", "LINUX_7_2, 5, 0403040100, 300, 0", "LINUX_7_2, 1, 30, 300, 0"})
        void isCheckedBeforeItIsSentAsEachKernelDoes(TestLevel level, int payloadLength, String payload, int room,
                int sent) throws ErrnoException {
            host = boot(level);
            byte[] request = control(0, 4, HexFormat.of().parseHex(payload));
            Ep11Cprb.at(request, 0).payloadLength(payloadLength);
            Errno errno = refused(urb(request, room, CARD_EIGHT));
            assertTrue(sent == 0 ? errno == Errno.EINVAL : errno == Errno.EINVAL || errno == Errno.EMSGSIZE,
                    () -> "" + errno);
            countRequests("card08/08.0006", sent);
        }

        @Test
        void withLengthsThatCannotBeIsEinval() {
            host = boot(TestLevel.LINUX_7_2);
            assertEquals(Errno.EINVAL, refused(urb(new byte[36], 300)));
            assertEquals(Errno.EINVAL, refused(urb(query(0, 4), 31)));
            assertEquals(Errno.EINVAL, refused(urb(query(0, 4), 300).putLong(42, -1)));
            assertEquals(Errno.EINVAL, refused(urb(query(0, 4), 300).putLong(26, -1)));
            assertEquals(Errno.EINVAL, refused(urb(Arrays.copyOf(query(0, 4), 61), 300)), "payload length");
            assertEquals(Errno.EFAULT, refused(ByteBuffer.allocate(57)));
            assertEquals(Errno.EFAULT, refused(urb(query(0, 4), 0).putShort(0, (short) 100)));
            assertEquals(Errno.EFAULT, refused(urb(query(0, 4), 0).putLong(42, 300)));
        }

        @ParameterizedTest
        @ValueSource(strings = {"3104040400010026", "300704040001002604", "30060504000100260000", "30800404000100",
                "3003040001", "300504030001264444", "30050484000000ff", "30ff0404"})
        void whosePayloadDoesNotBeginWithAFunctionIsEinval(String payload) {
            host = boot(TestLevel.LINUX_7_2);
            byte[] bytes = HexFormat.of().parseHex(payload);
            assertEquals(Errno.EINVAL, refused(urb(control(0, 4, bytes), 300)));
        }

        @Test
        void whoseReplyDoesNotFitIsEmsgsize() throws ErrnoException {
            ByteBuffer tooShort = urb(query(0, 4), 137);
            assertEquals(Errno.EMSGSIZE, refused(tooShort));
            assertEquals(137, tooShort.getLong(42));
            ioctl("z90crypt", 0xc000_7a04, urb(query(0, 4), 138));
        }

        @Test
        void ofANodeNeedsTheAdmaskToAdminister() throws ErrnoException {
            host.write("/class/zcrypt/create", "node1");
            host.write("/devices/virtual/zcrypt/node1/ioctlmask", "+4");
            host.write("/devices/virtual/zcrypt/node1/apmask", "+8");
            host.write("/devices/virtual/zcrypt/node1/aqmask", "+4");
            ioctl("node1", 0xc000_7a04, urb(query(0, 4), 300));
            assertEquals(Errno.ENODEV, CprbIoctlTest.this.refused("node1", 0xc000_7a04, urb(query(0x80, 9), 300)));
            host.write("/devices/virtual/zcrypt/node1/admask", "+9");
            ioctl("node1", 0xc000_7a04, urb(query(0x80, 9), 300));
        }
    }
}

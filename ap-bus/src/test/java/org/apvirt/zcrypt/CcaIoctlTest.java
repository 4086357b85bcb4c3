// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apvirt.ap.TestLevel;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** ZSECSENDCPRB, byte by byte. */
class CcaIoctlTest extends CprbHost {
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
        return refused("z90crypt", 0xc000_7a81, buffer);
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
            return CcaIoctlTest.this.refused("node1", 0xc000_7a81, xcrb(ANY, query(id, domain)));
        }

        @Test
        void usesWhatItsMasksName() throws ErrnoException {
            byte[] query = query("T2", 0xffff);
            ByteBuffer answer = xcrb(ANY, query);
            ioctl("node1", 0xc000_7a81, answer);
            assertEquals("CARDFIVE", serial(answer, query.length));
            assertEquals(Errno.ENODEV, refused("T2", 6));
            assertEquals(Errno.EPERM, CcaIoctlTest.this.refused("node1", 0xc000_7a04, ByteBuffer.allocate(58)));
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

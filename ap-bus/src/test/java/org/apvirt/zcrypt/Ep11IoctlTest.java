// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

import org.apvirt.ap.TestLevel;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** ZSENDEP11CPRB, byte by byte. */
class Ep11IoctlTest extends CprbHost {
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
        return refused("z90crypt", 0xc000_7a04, buffer);
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
        assertEquals(Errno.ENODEV, refused("node1", 0xc000_7a04, urb(query(0x80, 9), 300)));
        host.write("/devices/virtual/zcrypt/node1/admask", "+9");
        ioctl("node1", 0xc000_7a04, urb(query(0x80, 9), 300));
    }
}

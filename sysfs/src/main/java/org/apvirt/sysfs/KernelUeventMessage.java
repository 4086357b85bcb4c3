// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import org.apvirt.device.Uevent;

/**
 * A uevent as a privileged program gives it to the kernel, which sends it to the listeners of the program's network
 * namespace as its own.
 * <pre>
 *  offset  length  field
 *     0       4    length of the message
 *     4       2    type, 16: the first that belongs to the protocol        6  2  flags, 1: a request without answer
 *     8       4    sequence number of the sender, 0       12  4  its port, 0
 *    16            ACTION@DEVPATH, then KEY=value, each with a zero byte behind it
 * </pre>
 * Numbers are in the byte order of the machine. The kernel appends SEQNUM. Source: Linux {@code lib/kobject_uevent.c},
 * {@code uevent_net_rcv_skb}; {@code struct nlmsghdr}.
 */
final class KernelUeventMessage {
    static final int HEADER_LENGTH = 16;

    private static final short NLMSG_MIN_TYPE = 0x10;
    private static final short NLM_F_REQUEST = 1; // without it the kernel drops the message

    private KernelUeventMessage() {}

    /**
     * Encodes an event.
     *
     * @param order byte order of the machine
     */
    static byte[] encode(Uevent event, ByteOrder order) {
        StringBuilder text = new StringBuilder(event.header()).append('\0');
        for (String variable : event.variables()) {
            text.append(variable).append('\0');
        }
        byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(HEADER_LENGTH + body.length).order(order).putInt(HEADER_LENGTH + body.length)
                .putShort(NLMSG_MIN_TYPE).putShort(NLM_F_REQUEST).putInt(0).putInt(0).put(body).array();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import org.apvirt.device.Uevent;

/**
 * A uevent as udevd passes it on to programs that use libudev.
 * <pre>
 *  offset  length  field
 *     0       8    "libudev" and a zero byte
 *     8       4    0xfeedcafe, big-endian
 *    12       4    length of this header, 40
 *    16       4    offset of the properties     20  4  their length, in bytes
 *    24       4    hash of the subsystem, big-endian
 *    28       4    hash of the device type, big-endian, 0 without one
 *    32       8    bloom filter of the tags, 0: none
 *    40            KEY=value, each with a zero byte behind it
 * </pre>
 * Numbers without a note are in the byte order of the machine. The hash is MurmurHash2 with seed 0; programs let the
 * kernel filter by it. Source: systemd {@code src/libsystemd/sd-device/device-monitor.c}.
 */
final class LibudevMessage {
    static final int HEADER_LENGTH = 40;

    private static final int MAGIC = 0xfeedcafe;
    private static final int HASH_FACTOR = 0x5bd1e995;

    private LibudevMessage() {}

    /**
     * Encodes an event.
     *
     * @param order byte order of the machine
     * @param initializedMicros when the device was first seen, in microseconds of the monotonic clock
     */
    static byte[] encode(Uevent event, ByteOrder order, long initializedMicros) {
        StringBuilder text = new StringBuilder();
        for (String variable : event.variables()) {
            text.append(variable).append('\0');
        }
        text.append("SEQNUM=").append(event.sequence()).append('\0');
        text.append("USEC_INITIALIZED=").append(initializedMicros).append('\0');
        byte[] properties = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer message = ByteBuffer.allocate(HEADER_LENGTH + properties.length);
        message.put("libudev\0".getBytes(StandardCharsets.ISO_8859_1)).putInt(MAGIC);
        message.order(order).putInt(HEADER_LENGTH).putInt(HEADER_LENGTH).putInt(properties.length);
        message.order(ByteOrder.BIG_ENDIAN).putInt(hash(value(event, "SUBSYSTEM="), order))
                .putInt(hash(value(event, "DEVTYPE="), order)).putLong(0).put(properties);
        return message.array();
    }

    private static String value(Uevent event, String key) {
        for (String variable : event.variables()) {
            if (variable.startsWith(key)) {
                return variable.substring(key.length());
            }
        }
        return "";
    }

    /** MurmurHash2 with seed 0. The words are read in the machine's byte order, as libudev does. */
    static int hash(String text, ByteOrder order) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)).order(order);
        int hash = bytes.remaining();
        while (bytes.remaining() >= 4) {
            int word = bytes.getInt() * HASH_FACTOR;
            hash = hash * HASH_FACTOR ^ (word ^ word >>> 24) * HASH_FACTOR;
        }
        if (bytes.hasRemaining()) {
            int rest = 0;
            for (int shift = 0; bytes.hasRemaining(); shift += 8) {
                rest |= (bytes.get() & 0xff) << shift;
            }
            hash = (hash ^ rest) * HASH_FACTOR;
        }
        hash = (hash ^ hash >>> 13) * HASH_FACTOR;
        return text.isEmpty() ? 0 : hash ^ hash >>> 15;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HardwareReader;

/**
 * A message that a kernel sent to a card, and what it got: {@code [queue, special bit of NQAP, message, reply]}. Both are
 * in hexadecimal, where {@code (N)} stands for N zero bytes.
 *
 * @param apqn the queue
 * @param special whether it was a special command
 * @param request the whole message
 * @param reply the whole reply
 */
public record CardMessage(Apqn apqn, boolean special, byte[] request, byte[] reply) {
    private static final int MOST_ZEROS = 1 << 16;

    static List<CardMessage> read(DocumentNode node) throws FileFormatException {
        List<CardMessage> messages = new ArrayList<>();
        for (DocumentNode item : node.list("messages")) {
            List<DocumentNode> words = item.list("a message");
            if (words.size() != 4) {
                throw item.error("a message is [queue, special, request, reply], for example"
                        + " [\"05.0004\", 0, \"0006(94)\", \"0082000022(3)\"]");
            }
            messages.add(new CardMessage(HardwareReader.apqn(words.get(0)),
                    words.get(1).number("special", 0, 1) == 1, bytes(words.get(2)), bytes(words.get(3))));
        }
        return List.copyOf(messages);
    }

    private static byte[] bytes(DocumentNode node) throws FileFormatException {
        String text = node.text();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        try {
            while (at < text.length()) {
                if (text.charAt(at) == '(') {
                    int end = text.indexOf(')', at);
                    int zeros = Integer.parseInt(text, at + 1, end, 10);
                    if (zeros < 0 || zeros > MOST_ZEROS) {
                        throw new IllegalArgumentException();
                    }
                    bytes.writeBytes(new byte[zeros]);
                    at = end + 1;
                } else {
                    bytes.write(HexFormat.fromHexDigits(text, at, at + 2));
                    at += 2;
                }
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw node.error("no bytes at character " + at + " (write hexadecimal, and (N) for N zero bytes)");
        }
        return bytes.toByteArray();
    }
}

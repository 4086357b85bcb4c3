// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.running.ControlException.Reason;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A guest on its way from one machine to another, as text: what its QEMU was started with, and the state of its vfio-ap device. This
 * form is ours; only the state inside it is the kernel's ({@link org.apvirt.vfioap.MigrationData}).
 *
 * <pre>
 *  apvirt-migration 1
 *  guest guest1
 *  qemu next
 *  word qemu-system-s390x        one line for each word, as in a query of a URL
 *  device 48                     bytes of the state, and then the state in Base64, 76 characters a line
 *  AAAAAgAAAAAAAAAA…
 *  end 3f0a…                     SHA-256 of all lines before
 * </pre>
 *
 * @param guest its name
 * @param qemu which QEMU it ran on
 * @param words the command line of its QEMU
 * @param device the state of its device, empty: it has none
 */
public record MigrationStream(String guest, QemuVersion qemu, List<String> words, byte[] device) {
    /** The longest stream, in characters: all 65,536 queues, and a long command line. */
    public static final int MOST_CHARACTERS = 2 << 20;

    private static final String FIRST_LINE = "apvirt-migration 1";
    private static final String LAST_LINE = "end ";
    private static final int LINE = 76; // of Base64

    /** Tells whether a line is the last of a stream, whatever its sum. */
    public static boolean isLast(String line) {
        return line.startsWith(LAST_LINE);
    }

    /** Returns it as text; each line ends with a newline. */
    public String text() {
        StringBuilder text = new StringBuilder(FIRST_LINE).append("\nguest ").append(guest).append("\nqemu ")
                .append(qemu)
                .append('\n');
        for (String word : words) {
            text.append("word ").append(URLEncoder.encode(word, StandardCharsets.UTF_8)).append('\n');
        }
        text.append("device ").append(device.length).append('\n');
        String encoded = Base64.getEncoder().encodeToString(device);
        for (int at = 0; at < encoded.length(); at += LINE) {
            text.append(encoded, at, Math.min(at + LINE, encoded.length())).append('\n');
        }
        String before = text.toString();
        return before + LAST_LINE + sum(before) + '\n';
    }

    private static String sum(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static ControlException wrong(String problem) {
        return new ControlException(Reason.INVALID, "stream", "stream: " + problem);
    }

    /**
     * Reads a stream.
     *
     * @throws ControlException INVALID: it is none, is cut off, or was changed on its way
     */
    public static MigrationStream parse(String text) throws ControlException {
        if (text.length() > MOST_CHARACTERS) {
            throw wrong("longer than " + MOST_CHARACTERS + " characters");
        }
        if (text.isEmpty()) {
            throw wrong("is empty: the source did not send anything");
        }
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (!lines.get(0).equals(FIRST_LINE)) {
            throw wrong(lines.get(0).startsWith("apvirt-migration ")
                    ? "is of another version; both sides must be of the same release of apvirt"
                    : "is no guest of 'apvirt ctl migrate'");
        }
        String last = lines.remove(lines.size() - 1);
        if (!isLast(last) || !text.endsWith("\n")) {
            throw wrong("is cut off after " + text.length() + " characters");
        }
        String before = text.substring(0, text.length() - last.length() - 1);
        if (!last.equals(LAST_LINE + sum(before))) {
            throw wrong("was changed on its way: its sum is wrong");
        }
        return new Reader(lines).read();
    }

    /** Lines in their order. */
    private static final class Reader {
        private final List<String> lines;
        private int at = 1;

        Reader(List<String> lines) {
            this.lines = lines;
        }

        private @Nullable String value(String key) {
            if (at < lines.size() && lines.get(at).startsWith(key + ' ')) {
                return lines.get(at++).substring(key.length() + 1);
            }
            return null;
        }

        private String required(String key) throws ControlException {
            String value = value(key);
            if (value == null) {
                throw wrong("line " + (at + 1) + " does not begin with '" + key + "'");
            }
            return value;
        }

        MigrationStream read() throws ControlException {
            String guest = required("guest");
            QemuVersion qemu = qemu(required("qemu"));
            List<String> words = new ArrayList<>();
            for (String word = required("word"); word != null; word = value("word")) {
                words.add(decoded(word));
            }
            String length = required("device");
            byte[] device = device();
            if (!length.equals(Integer.toString(device.length))) {
                throw wrong("the state of the device has " + device.length + " bytes, not " + length);
            }
            return new MigrationStream(guest, qemu, List.copyOf(words), device);
        }

        private static QemuVersion qemu(String name) throws ControlException {
            try {
                return QemuVersion.parse(name);
            } catch (IllegalArgumentException e) {
                throw wrong(String.valueOf(e.getMessage()));
            }
        }

        private String decoded(String word) throws ControlException {
            try {
                return URLDecoder.decode(word, StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw wrong("line " + at + " is no word: " + e.getMessage());
            }
        }

        private byte[] device() throws ControlException {
            try {
                return Base64.getDecoder().decode(String.join("", lines.subList(at, lines.size())));
            } catch (IllegalArgumentException e) {
                throw wrong("the state of the device is no Base64: " + e.getMessage());
            }
        }
    }
}

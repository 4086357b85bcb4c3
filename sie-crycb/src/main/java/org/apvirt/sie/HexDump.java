package org.apvirt.sie;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/**
 * Reads hex dumps as common tools print them: bare digits with any blanks, {@code xxd}, and {@code hexdump -C} with its
 * {@code *} for repeated lines.
 */
final class HexDump {
    private static final int MOST_BYTES = 0x1_0000;
    private static final int NO_OFFSET = -1;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private byte[] lastLine = {};
    private int firstOffset = NO_OFFSET;
    private boolean repeats;
    private int line;

    private HexDump() {}

    /** Tells whether a file can be a hex dump at all: nothing but printable characters and blanks. */
    static boolean isText(byte[] file) {
        for (byte b : file) {
            boolean blank = b == '\n' || b == '\r' || b == '\t';
            if (!blank && (b < ' ' || b > '~')) {
                return false;
            }
        }
        return file.length > 0;
    }

    /** Returns the bytes that a dump shows. */
    static byte[] parse(String text) throws CrycbDumpException {
        HexDump dump = new HexDump();
        for (String each : text.split("\\R")) {
            dump.line++;
            dump.add(each.strip());
        }
        if (dump.repeats) {
            throw dump.error("'*' is not followed by a line with an offset");
        }
        return dump.bytes.toByteArray();
    }

    private CrycbDumpException error(String what) {
        return new CrycbDumpException("line " + line + ": " + what);
    }

    private void add(String content) throws CrycbDumpException {
        if (content.isEmpty()) {
            return;
        }
        if (content.equals("*")) {
            if (firstOffset == NO_OFFSET) {
                throw error("'*' repeats a line, but there is none with an offset before it");
            }
            repeats = true;
            return;
        }
        int colon = content.indexOf(':');
        if (colon >= 0) { // xxd: offset, groups of digits, two blanks, characters
            offset(content.substring(0, colon));
            String rest = content.substring(colon + 1).strip();
            int end = rest.indexOf("  ");
            digits(end < 0 ? rest : rest.substring(0, end));
            return;
        }
        int bar = content.indexOf('|');
        boolean canonical = bar >= 0 || firstOffset != NO_OFFSET;
        if (!canonical) {
            digits(content);
            return;
        }
        String[] parts = (bar < 0 ? content : content.substring(0, bar)).strip().split("\\s+", 2);
        offset(parts[0]);
        if (parts.length == 2) {
            digits(parts[1]);
        }
    }

    /** A line starts at an offset; the bytes before it must be there, or be repeated by a star. */
    private void offset(String digits) throws CrycbDumpException {
        int offset;
        try {
            offset = HexFormat.fromHexDigits(digits);
        } catch (IllegalArgumentException e) {
            throw error("'" + digits + "' is not an offset in hex");
        }
        if (firstOffset == NO_OFFSET) {
            firstOffset = offset;
        }
        while (repeats && offset - firstOffset > bytes.size() && bytes.size() < MOST_BYTES && lastLine.length > 0) {
            bytes.writeBytes(lastLine);
        }
        repeats = false;
        if (offset - firstOffset != bytes.size()) {
            throw error(String.format("offset 0x%x, but 0x%x is next", offset, firstOffset + bytes.size()));
        }
    }

    private void digits(String text) throws CrycbDumpException {
        String digits = text.replaceAll("[\\s_]", "");
        if (digits.startsWith("0x")) {
            digits = digits.substring(2);
        }
        for (int at = 0; at < digits.length(); at++) {
            if (!HexFormat.isHexDigit(digits.charAt(at))) {
                throw error("'" + digits.charAt(at) + "' is not a hex digit");
            }
        }
        if (digits.length() % 2 != 0) {
            throw error("an odd number of hex digits: " + digits.length());
        }
        lastLine = HexFormat.of().parseHex(digits);
        bytes.writeBytes(lastLine);
        if (bytes.size() > MOST_BYTES) {
            throw error("more than " + MOST_BYTES + " bytes");
        }
    }
}

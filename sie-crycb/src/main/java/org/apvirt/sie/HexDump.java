// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.checkerframework.checker.nullness.qual.Nullable;
import org.checkerframework.common.value.qual.IntRange;

/**
 * Reads hex dumps as common tools print them:
 * <pre>
 *  digits with any blanks, commas, 0x before each group       06000000 00000000
 *  bytes between colons                                       06:00:00:00
 *  xxd, the kernel's hex dumps, rd of crash                   00000000: 0600 0000  ....
 *  gdb's x, with or without a symbol                          0x3ff7e000 &lt;crycb+16&gt;:  0x06000000  0x00000000
 *  x and xp of QEMU's monitor                                 000000003ff7e000: 0x06000000 0x00000000
 *  hexdump -C                                                 00000000  06 00 00 00  |....|
 *  od -t x1, with offsets in any base or none                 0000000 06 00 00 00
 * </pre>
 * A line with {@code *} repeats the one before it up to the next offset. Words are in the order of their bytes, as a
 * big-endian machine has them; where a tool prints words of the computer it runs on, the dump is refused.
 */
final class HexDump {
    private static final int MOST_BYTES = 0x1_0000;
    private static final int HEX = 16;
    private static final int OCTAL = 8;
    private static final int DECIMAL = 10;
    private static final int WIDTH_OF_OCTAL_AND_DECIMAL = 7; // as od prints them

    private static final Pattern COLONS = Pattern.compile("[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+:?");
    private static final Pattern COLON_OFFSET = Pattern.compile("(?:0x)?([^\\s:<]{1,32})(?:\\s{1,8}<[^>]*>)?:(.*)");
    private static final Pattern BYTES = Pattern.compile("([0-9a-fA-F]{6,16})((?:\\s+[0-9a-fA-F]{2})+)");
    private static final Pattern WORDS = Pattern
            .compile("[0-9a-fA-F]{6,7}(?:\\s+(?:[0-9a-fA-F]{4}|[0-9a-fA-F]{8,16}))+");

    /** A line: where it starts, if it says so, and what it shows; repeated if a star stands before it. */
    private record Line(int number, @Nullable String offset, byte[] bytes, boolean afterStar) {}

    private final List<Line> lines = new ArrayList<>();
    private boolean offsets;
    private boolean star;
    private int number;

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

    /**
     * Returns the bytes that a dump shows.
     *
     * @param isLength tells which lengths make sense: it decides in which base offsets are, where nothing else does
     */
    static byte[] parse(String text, IntPredicate isLength) throws CrycbDumpException {
        HexDump dump = new HexDump();
        for (String each : text.split("\\R")) {
            dump.number++;
            dump.add(each.strip());
        }
        if (dump.star) {
            throw error(dump.number, "'*' is not followed by a line with an offset");
        }
        return dump.bytes(isLength);
    }

    private static CrycbDumpException error(int line, String what) {
        return new CrycbDumpException("line " + line + ": " + what);
    }

    private void add(String content) throws CrycbDumpException {
        if (content.isEmpty()) {
            return;
        }
        if (content.equals("*")) {
            if (!offsets) {
                throw error(number, "'*' repeats a line, but there is none with an offset before it");
            }
            star = true;
            return;
        }
        int characters = content.indexOf('|');
        if (characters < 0 && content.endsWith("<")) {
            characters = content.indexOf('>'); // od -t x1z
        }
        String shown = characters < 0 ? content : content.substring(0, characters).strip();
        Matcher colon = COLON_OFFSET.matcher(shown);
        Matcher bytes = BYTES.matcher(shown);
        if (COLONS.matcher(shown).matches()) {
            line(null, shown.replace(':', ' '));
        } else if (colon.matches()) {
            String rest = group(colon, 2).strip();
            int end = rest.indexOf("  "); // characters follow
            line(group(colon, 1), end < 0 ? rest : rest.substring(0, end));
        } else if (characters >= 0 || bytes.matches()) {
            String[] parts = shown.split("\\s+", 2);
            line(parts[0], parts.length == 2 ? parts[1] : "");
        } else if (WORDS.matcher(shown).matches()) {
            throw error(number, "words are in the byte order of the computer that printed them: let it print bytes"
                    + " (od -t x1, hexdump -C)");
        } else {
            boolean end = offsets && !shown.contains(" ");
            line(end ? shown : null, end ? "" : shown);
        }
    }

    private static String group(Matcher matcher, int group) {
        String text = matcher.group(group);
        return text == null ? "" : text;
    }

    private void line(@Nullable String offset, String digits) throws CrycbDumpException {
        offsets |= offset != null;
        lines.add(new Line(number, offset, digits(digits), star));
        star = false;
    }

    private byte[] digits(String text) throws CrycbDumpException {
        StringBuilder digits = new StringBuilder();
        for (String word : text.split("[\\s_,]+")) {
            digits.append(word, word.startsWith("0x") || word.startsWith("0X") ? 2 : 0, word.length());
        }
        for (int at = 0; at < digits.length(); at++) {
            if (!HexFormat.isHexDigit(digits.charAt(at))) {
                throw error(number, "'" + digits.charAt(at) + "' is not a hex digit");
            }
        }
        if (digits.length() % 2 != 0) {
            throw error(number, "an odd number of hex digits: " + digits.length());
        }
        return HexFormat.of().parseHex(digits);
    }

    /** Puts the lines together, in the base in which their offsets fit. */
    private byte[] bytes(IntPredicate isLength) throws CrycbDumpException {
        boolean od = lines.stream().anyMatch(line -> line.offset() != null
                && line.offset().length() == WIDTH_OF_OCTAL_AND_DECIMAL);
        CrycbDumpException first = null;
        byte[] whole = null;
        for (@IntRange(from = OCTAL, to = HEX)
        int base : od ? new int[]{OCTAL, DECIMAL, HEX} : new int[]{HEX}) {
            try {
                byte[] bytes = bytes(base);
                if (isLength.test(bytes.length)) {
                    return bytes;
                }
                whole = whole == null ? bytes : whole;
            } catch (CrycbDumpException e) {
                first = first == null ? e : first;
            }
        }
        if (whole != null) {
            return whole;
        }
        throw first != null ? first : error(number, "no hex digits");
    }

    /** A line starts at its offset; the bytes before it must be there, or be repeated by a star. */
    private byte[] bytes(@IntRange(from = OCTAL, to = HEX) int base) throws CrycbDumpException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] last = {};
        long start = -1;
        for (Line line : lines) {
            if (line.offset() != null) {
                long offset = offset(line, base);
                start = start < 0 ? offset : start;
                long before = offset - start;
                while (line.afterStar() && before > bytes.size() && bytes.size() < MOST_BYTES && last.length > 0) {
                    bytes.writeBytes(last);
                }
                if (before != bytes.size()) {
                    throw error(line.number(), String.format("offset 0x%x, but 0x%x is next", offset,
                            start + bytes.size()));
                }
            }
            last = line.bytes();
            bytes.writeBytes(last);
            if (bytes.size() > MOST_BYTES) {
                throw error(line.number(), "more than " + MOST_BYTES + " bytes");
            }
        }
        return bytes.toByteArray();
    }

    private static long offset(Line line, @IntRange(from = OCTAL, to = HEX) int base) throws CrycbDumpException {
        String digits = String.valueOf(line.offset());
        try {
            return Long.parseUnsignedLong(digits, base) & Long.MAX_VALUE;
        } catch (NumberFormatException e) {
            throw error(line.number(), "'" + digits + "' is not an offset in hex");
        }
    }
}

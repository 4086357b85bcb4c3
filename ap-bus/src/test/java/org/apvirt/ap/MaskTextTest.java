// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.math.BigInteger;
import java.util.BitSet;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class MaskTextTest {
    private static ApMask parse(String text, ApMask present) throws ErrnoException {
        return MaskText.parse(text, present, false);
    }

    private static void refuses(String text) {
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> parse(text, ApMask.ALL)).errno());
    }

    static IntStream allIds() {
        return IntStream.range(0, 256);
    }

    @Nested
    class AnAbsoluteMask {
        @Test
        void startsWithIdZeroAtItsFirstDigit() throws ErrnoException {
            assertEquals(ApMask.of(1, 7), parse("0x41", ApMask.NONE));
            assertEquals(ApMask.of(0, 1, 2, 3), parse("F", ApMask.ALL));
        }

        @ParameterizedTest
        @ValueSource(strings = {"0x", "x", "\n", "0", "0x\n", "", "\0ff"})
        void withoutASetDigitIsEmpty(String text) throws ErrnoException {
            assertEquals(ApMask.NONE, parse(text, ApMask.ALL));
        }

        @Test
        void takesTheBOfABinaryPrefixForADigit() throws ErrnoException {
            assertEquals(ApMask.of(4, 6, 7, 11), parse("0b1", ApMask.NONE));
        }

        @Test
        void holdsAtMostSixtyFourDigitsAndOneNewline() throws ErrnoException {
            assertEquals(ApMask.ALL, parse("0x" + "f".repeat(64) + "\n", ApMask.NONE));
            refuses("f".repeat(65));
            refuses("0x" + "f".repeat(64) + "\n\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"0X41", "0x4g", " 0x41", "0x41 ", "4,1", "xx4"})
        void ofAnotherFormIsEinval(String text) {
            refuses(text);
        }

        @ParameterizedTest
        @MethodSource("org.apvirt.ap.MaskTextTest#allIds")
        void canNameEachIdAlone(int id) throws ErrnoException {
            String text = "0x" + "0".repeat(id / 4) + Integer.toHexString(8 >> id % 4);
            assertEquals(ApMask.of(id), parse(text, ApMask.ALL));
        }
    }

    @Nested
    class ARelativeMask {
        @Test
        void appliesItsPartsFromLeftToRight() throws ErrnoException {
            assertEquals(ApMask.of(1, 2, 16), parse("-0-255,+1-16,-3-15", ApMask.ALL));
        }

        @ParameterizedTest
        @CsvSource({"+5-6,'5 6'", "+1+2,'1 2'", "'+7,,,+8\n',' 7 8'", "+0xFF,255", "+0XfF,255", "+010,8", "+00,0",
                "'+9\n\n',9"})
        void mayBeWrittenAs(String text, String ids) throws ErrnoException {
            int[] expected = Pattern.compile(" ").splitAsStream(ids.strip()).mapToInt(Integer::parseInt).toArray();
            assertEquals(ApMask.of(expected), parse(text, ApMask.NONE));
        }

        @ParameterizedTest
        @ValueSource(strings = {"+256", "-6-5", "-5--6", "+5 -6", "+08", "+0x", "++5", "+", "+5,6", "+5-256", "+5-",
                "+0x128", "+4294967301", "+5;", "- 5"})
        void ofAnotherFormIsEinval(String text) {
            refuses(text);
        }

        @Test
        void wrapsAt64BitsWhereTheKernelDoes() throws ErrnoException {
            assertEquals(ApMask.of(5), MaskText.parse("+18446744073709551621", ApMask.NONE, true));
            refuses("+18446744073709551621");
        }

        @ParameterizedTest
        @MethodSource("org.apvirt.ap.MaskTextTest#allIds")
        void canAddAndTakeEachId(int id) throws ErrnoException {
            assertEquals(ApMask.of(id), parse("+" + id, ApMask.NONE));
            assertEquals(ApMask.ALL.without(id), parse("-0x" + Integer.toHexString(id), ApMask.ALL));
        }
    }

    /** Random texts of likely characters, against a model with regular expressions, BigInteger and BitSet. */
    @Test
    void agreesWithAnIndependentModelOnRandomTexts() {
        Random random = new Random(20260101);
        String characters = "+-+-,,0123456789abxXfF\n ";
        int accepted = 0;
        for (int round = 0; round < 60_000; round++) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? random.nextBoolean() ? "+" : "-" : "");
            int length = random.nextInt(random.nextInt(10) == 0 ? 70 : 9);
            for (int i = 0; i < length; i++) {
                text.append(characters.charAt(random.nextInt(characters.length())));
            }
            byte[] bytes = new byte[32];
            random.nextBytes(bytes);
            ApMask present = ApMask.load(bytes, 0);
            String expected = model(text.toString(), present);
            String answered;
            try {
                answered = parse(text.toString(), present).toString();
                accepted++;
            } catch (ErrnoException e) {
                answered = e.errno().name();
            }
            assertEquals(expected, answered, () -> "text '" + text + "'");
        }
        assertEquals(true, accepted > 5_000, "too few texts were valid: " + accepted);
    }

    private static final Pattern PART = Pattern.compile(
            "([+-])(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?:-(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))?[,\n]*");
    private static final Pattern HEX = Pattern.compile("(?:0x|x)?([0-9a-fA-F]{0,64})\n?");

    private static String model(String text, ApMask present) {
        if (text.startsWith("+") || text.startsWith("-")) {
            BitSet ids = new BitSet();
            present.forEach(ids::set);
            Matcher part = PART.matcher(text);
            int at = 0;
            while (at < text.length()) {
                if (!part.find(at) || part.start() != at) {
                    return "EINVAL";
                }
                BigInteger first = number(part.group(2));
                BigInteger last = part.group(3) == null ? first : number(part.group(3));
                if (last.compareTo(BigInteger.valueOf(255)) > 0 || first.compareTo(last) > 0) {
                    return "EINVAL";
                }
                ids.set(first.intValue(), last.intValue() + 1, part.group(1).equals("+"));
                at = part.end();
            }
            return hex(ids);
        }
        Matcher matcher = HEX.matcher(text);
        if (!matcher.matches()) {
            return "EINVAL";
        }
        String digits = matcher.group(1);
        return "0x" + (digits + "0".repeat(64 - digits.length())).toLowerCase(java.util.Locale.ROOT);
    }

    private static BigInteger number(String text) {
        return text.matches("0[xX].*")
                ? new BigInteger(text.substring(2), 16)
                : new BigInteger(text, text.startsWith("0") ? 8 : 10);
    }

    private static String hex(BitSet ids) {
        BigInteger value = BigInteger.ZERO;
        for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) {
            value = value.setBit(255 - id);
        }
        return String.format("0x%064x", value);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Which of many like things are meant. */
class OccurrencesTest {
    private static List<Integer> meant(Occurrences occurrences, int stream, int many) {
        List<Integer> meant = new ArrayList<>();
        for (int i = 1; i <= many; i++) {
            if (occurrences.next(stream, 0) >= 0) {
                meant.add(i);
            }
        }
        return meant;
    }

    @ParameterizedTest(name = "from {0} on every {1}th, at most {2}: {3}")
    @CsvSource({"1, 1, 3, '[1, 2, 3]'", "3, 1, 2, '[3, 4]'", "2, 3, 9, '[2, 5, 8, 11]'", "12, 1, 1, '[12]'",
            "13, 1, 1, '[]'"})
    void theyAreCountedFromTheNthOnWithGapsAndALimit(int nth, int every, int count, String expected) {
        Occurrence which = Occurrence.ALL.from(nth).every(every).atMost(count);
        assertEquals(expected, meant(new Occurrences(which, 0), 7, 12).toString());
    }

    @Test
    void theNthAloneIsOne() {
        Occurrences occurrences = new Occurrences(Occurrence.nth(2), 0);
        assertEquals(List.of(2), meant(occurrences, 7, 5));
        assertEquals(List.of(5L, 1L), List.of(occurrences.seen(), occurrences.hits()));
        occurrences.hit();
        assertEquals(2, occurrences.hits());
    }

    @Test
    void noneIsMeantWhenTheTimeIsOver() {
        Occurrences occurrences = new Occurrences(Occurrence.ALL.until(Duration.ofNanos(10)), 5);
        assertTrue(occurrences.next(1, 14) >= 0);
        assertEquals(Occurrences.NOT_MEANT, occurrences.next(1, 15));
        assertEquals(Duration.ofNanos(3), occurrences.counted(8).age());
        assertEquals(Duration.ofNanos(10), occurrences.counted(99).age(), "it counts no longer than that");
    }

    /** Numbers that are used elsewhere: as a choice of bytes and bits. */
    @Test
    void eachHasANumberThatIsTheSameInTheSameRun() {
        Occurrences one = new Occurrences(Occurrence.ALL, 0);
        Occurrences other = new Occurrences(Occurrence.ALL, 0);
        Set<Long> numbers = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            long number = one.next(i % 10, 0);
            assertTrue(number >= 0);
            assertEquals(number, other.next(i % 10, 0));
            numbers.add(number);
        }
        assertEquals(1000, numbers.size());
    }

    @Test
    void aProbabilityIsKeptByAndLarge() {
        for (double probability : new double[]{0.25, 0.5, 0.9}) {
            int hits = meant(new Occurrences(Occurrence.random(probability, 42), 0), 7, 10_000).size();
            assertEquals(probability, hits / 10_000.0, 0.02);
        }
    }

    @Test
    void whichAreMeantDependsOnTheSeedAndTheStreamNotOnTheOrderOfStreams() {
        List<Integer> alone = meant(new Occurrences(Occurrence.random(0.5, 42), 0), 7, 64);
        assertNotEquals(alone, meant(new Occurrences(Occurrence.random(0.5, 43), 0), 7, 64));
        assertNotEquals(alone, meant(new Occurrences(Occurrence.random(0.5, 42), 0), 8, 64));
        Occurrences mixed = new Occurrences(Occurrence.random(0.5, 42), 0);
        List<Integer> ofSeven = new ArrayList<>();
        for (int i = 1; i <= 64; i++) {
            mixed.next(8, 0);
            if (mixed.next(7, 0) >= 0) {
                ofSeven.add(i);
            }
        }
        assertEquals(alone, ofSeven);
    }

    @Test
    void whatWasCountedGoesOnElsewhere() {
        Occurrence which = new Occurrence(3, 2, 3, 0.75, 42, Duration.ofNanos(100), null);
        Occurrences whole = new Occurrences(which, 1000);
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            expected.add(whole.next(i % 3, 1000 + 6 * i));
        }
        Occurrences first = new Occurrences(which, 1000);
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            numbers.add(first.next(i % 3, 1000 + 6 * i));
        }
        Counted counted = first.counted(1060);
        assertEquals(new Counted(new TreeMap<>(Map.of(0, 4, 1, 3, 2, 3)), first.hits(), Duration.ofNanos(60)), counted);
        assertEquals(10, counted.seen());
        Occurrences rest = new Occurrences(which.after(counted), 50_000); // the clock of another machine
        for (int i = 10; i < 20; i++) {
            numbers.add(rest.next(i % 3, 50_000 + 6 * (i - 10)));
        }
        assertEquals(expected, numbers);
        assertEquals(whole.hits(), rest.hits());
        assertEquals(whole.counted(1120), rest.counted(50_060));
    }

    @Test
    void whatCannotBeIsRefusedWithItsValue() {
        for (int value : new int[]{0, -1}) {
            assertEquals("nth is " + value + ", not 1 or more", refused(() -> Occurrence.ALL.from(value)));
            assertEquals("every is " + value + ", not 1 or more", refused(() -> Occurrence.ALL.every(value)));
            assertEquals("count is " + value + ", not 1 or more", refused(() -> Occurrence.ALL.atMost(value)));
        }
        for (double value : new double[]{0, -0.5, 1.5, Double.NaN}) {
            assertEquals("probability " + value + " is not above 0 and at most 1",
                    refused(() -> Occurrence.random(value, 0)));
        }
        assertEquals("the time PT-0.000000001S is negative", refused(() -> Occurrence.ALL.until(Duration.ofNanos(-1))));
        assertEquals("stream 5 has counted -1", refused(() -> new Counted(new TreeMap<>(Map.of(5, -1)), 0,
                Duration.ZERO)));
        assertEquals("-1 hits in PT0S", refused(() -> new Counted(new TreeMap<>(), -1, Duration.ZERO)));
        assertEquals("0 hits in PT-1S", refused(() -> new Counted(new TreeMap<>(), 0, Duration.ofSeconds(-1))));
        assertEquals(0, new Counted(new TreeMap<>(Map.of(5, 0)), 0, Duration.ZERO).seen());
    }

    private static String refused(Runnable making) {
        return assertThrows(IllegalArgumentException.class, making::run).getMessage();
    }
}

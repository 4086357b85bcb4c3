// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.util.List;

import org.apvirt.running.Journal.Entry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(10)
class JournalTest {
    private final Journal<String> journal = new Journal<>(3);

    private List<String> after(long sequence, int most) {
        return journal.after(sequence, most).stream().map(Entry::value).toList();
    }

    @Test
    void theOldestIsForgottenAndTheNumbersTell() {
        for (String text : List.of("a", "b", "c", "d", "e")) {
            journal.add(text);
        }
        assertEquals(List.of("c", "d", "e"), after(0, 10));
        assertEquals(3, journal.after(0, 10).get(0).sequence());
        assertEquals(List.of("d"), after(3, 1));
        assertEquals(List.of(), after(5, 10));
        assertEquals(List.of(), after(99, 10));
    }

    @Test
    void whoWaitsIsWokenByTheNextEntry() throws Exception {
        assertFalse(journal.await(0, 1));
        Thread writer = new Thread(() -> journal.add("a"));
        writer.start();
        assertTrue(journal.await(0, 5000));
        writer.join();
        assertTrue(journal.await(0, 0));
    }
}

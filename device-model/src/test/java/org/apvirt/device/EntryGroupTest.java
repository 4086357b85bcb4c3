// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class EntryGroupTest {
    private static EntryGroup link(String name, String target) {
        return EntryGroup.of(name, new SysfsLink(target));
    }

    @Test
    void theNewerOfTwoGroupsHidesWhatTheOlderHasByThatName() {
        EntryGroup newer = link("a", "new");
        EntryGroup both = new EntryGroup.Pair(newer, new EntryGroup.Pair(link("a", "old"), link("b", "old")));
        assertEquals(new SysfsLink("new"), both.find("a"));
        assertEquals(new SysfsLink("old"), both.find("b"));
        assertNull(both.find("c"));
        assertEquals(Set.of("a", "b"), Set.copyOf(both.names()));
        EntryGroup rest = EntryGroup.without(both, newer);
        assertEquals(new SysfsLink("old"), rest.find("a"));
    }

    @Test
    void anyOfManyGroupsCanGoAndThoseThatWereNeverThereToo() {
        EntryGroup a = link("a", "1");
        EntryGroup b = link("b", "2");
        EntryGroup c = link("c", "3");
        EntryGroup all = new EntryGroup.Pair(c, new EntryGroup.Pair(b, a));
        assertEquals(new EntryGroup.Pair(c, a), EntryGroup.without(all, link("b", "2")));
        assertEquals(new EntryGroup.Pair(c, b), EntryGroup.without(all, a));
        assertEquals(all, EntryGroup.without(all, link("d", "4")));
        assertNull(EntryGroup.without(a, link("a", "1")));
    }
}

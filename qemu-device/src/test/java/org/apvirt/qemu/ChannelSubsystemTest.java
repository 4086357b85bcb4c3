// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.HexFormat;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ChannelSubsystemTest {
    private final ChannelSubsystem css = new ChannelSubsystem();
    private int reports;

    private String response() {
        return HexFormat.of().formatHex(css.storeEventInformation());
    }

    @Test
    void theResponseIsTwelveBytes() {
        css.apConfigurationChanged();
        assertEquals("000c00010000000000000503", response());
    }

    @Test
    void withoutAnEventTheResponseCodeIsFive() {
        assertEquals("0008000500000000", response());
    }

    @Test
    void aFlagSaysThatThereAreMoreEvents() {
        css.apConfigurationChanged();
        css.apConfigurationChanged();
        assertEquals("000c00010000000080000503", response());
        assertEquals("000c00010000000000000503", response());
        assertEquals("0008000500000000", response());
    }

    @Test
    void oneReportIsMadeUntilTheGuestTookTheLastEvent() {
        css.onReport(() -> reports++);
        css.apConfigurationChanged();
        css.apConfigurationChanged();
        assertEquals(1, reports);
        css.storeEventInformation();
        css.apConfigurationChanged();
        assertEquals(1, reports, "the guest was told that there is more");
        css.storeEventInformation();
        css.storeEventInformation();
        css.apConfigurationChanged();
        assertEquals(2, reports);
    }

    @Test
    void askingWithoutAnEventChangesNothing() {
        css.onReport(() -> reports++);
        css.storeEventInformation();
        css.apConfigurationChanged();
        css.storeEventInformation();
        css.storeEventInformation();
        css.apConfigurationChanged();
        assertEquals(2, reports);
    }

    @Test
    void aGuestThatIsConnectedReadsAllEvents() throws Exception {
        int[] scans = new int[1];
        try (AutoCloseable connection = css.connect(() -> scans[0]++)) {
            css.apConfigurationChanged();
            css.apConfigurationChanged();
        }
        assertEquals(2, scans[0]);
        css.apConfigurationChanged();
        assertEquals(2, scans[0]);
        assertEquals("000c00010000000000000503", response());
    }

    @Test
    void aResetThrowsTheReportAwayButNotTheEvent() {
        css.apConfigurationChanged();
        css.reset();
        css.onReport(() -> reports++);
        css.apConfigurationChanged();
        assertEquals(1, reports);
        assertEquals("000c00010000000080000503", response());
    }
}

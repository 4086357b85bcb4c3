// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class EventFdTest {
    private final EventFd eventFd = new EventFd();

    private int write(String hex) throws ErrnoException {
        return eventFd.write(HexFormat.of().parseHex(hex));
    }

    private String read() throws ErrnoException {
        return HexFormat.of().formatHex(eventFd.read(8));
    }

    @Test
    void addsWhatIsWrittenAndIsEmptyOnceItIsRead() throws ErrnoException {
        assertEquals(8, write("0000000000000005"));
        assertEquals(8, write("0000000000000100"));
        eventFd.signal();
        assertEquals("0000000000000106", read());
        assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, this::read).errno());
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> eventFd.read(7)).errno());
    }

    @ParameterizedTest
    @CsvSource({"00000000000001, EINVAL", "ffffffffffffffff, EINVAL", "fffffffffffffffe, EAGAIN",
            "fffffffffffffffd, ''"})
    void reachesTwoToTheSixtyFourthMinusTwoAndNoMore(String hex, String refusal) throws ErrnoException {
        eventFd.signal();
        if (refusal.isEmpty()) {
            assertEquals(8, write(hex));
            eventFd.signal(); // stays there
            assertEquals("fffffffffffffffe", read());
        } else {
            assertEquals(refusal, assertThrows(ErrnoException.class, () -> write(hex)).errno().name());
            assertEquals("0000000000000001", read());
        }
    }

    @Test
    void tellsOfEachSignalUntilTheListenerIsTakenAway() throws Exception {
        List<String> told = new ArrayList<>();
        try (AutoCloseable listener = eventFd.onSignal(() -> told.add("signal"))) {
            eventFd.signal();
            eventFd.signal();
        }
        eventFd.signal();
        assertEquals(List.of("signal", "signal"), told);
    }
}

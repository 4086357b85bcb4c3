package example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.device.Uevent;
import org.apvirt.host.Host;
import org.apvirt.junit.ApHost;
import org.apvirt.junit.Guest;
import org.apvirt.junit.Sys;
import org.apvirt.junit.Uevents;
import org.apvirt.running.MachineControl;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A user's test, run with the oldest JUnit that the extension promises, one in the middle, and the newest. */
@ApHost("machine.yaml")
class CardsTest {
    @BeforeAll
    static void theHostOfTheClassIsAnother(@Sys Path sys) throws IOException {
        assertTrue(Files.exists(sys.resolve("devices/ap/card05")));
    }

    @Test
    void theCardIsThere(@Sys Path sys) throws IOException {
        assertEquals("CEX5C\n", Files.readString(sys.resolve("devices/ap/card05/type")));
    }

    @Test
    void theCardFails(MachineControl control, Host host, @Uevents List<Uevent> uevents) throws Exception {
        control.checkstop(5, true);
        host.write("/sys/bus/ap/scans", "1");
        assertEquals("1\n", host.read("/sys/devices/ap/card05/chkstop"));
        control.unplug(6);
        host.write("/sys/bus/ap/scans", "1");
        assertFalse(uevents.isEmpty());
    }

    @Nested
    class InAGuest {
        @Test
        void itsQueueIsThere(@Guest("one") @Sys Path sys) {
            assertTrue(Files.exists(sys.resolve("devices/ap/card05/05.0004")));
        }
    }

    @AfterAll
    static void theVersionIsTheOneAskedFor() {
        String location = Test.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        assertTrue(location.contains("/" + System.getProperty("junit.expected") + "/"), location);
    }
}

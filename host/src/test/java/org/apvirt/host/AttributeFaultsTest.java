// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.time.Duration;

import org.apvirt.arch.Occurrence;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.AttributeFault;
import org.apvirt.device.AttributeFault.Access;
import org.apvirt.device.AttributeFaults;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.machine.MachineFile;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AttributeFaultsTest {
    private static final String ONLINE = "/sys/bus/ap/devices/05.0004/online";

    private final VirtualTime time = new VirtualTime();
    private Host host;
    private AttributeFaults faults;

    @BeforeEach
    void boot() throws Exception {
        host = MachineFile.parse("{level: linux-6.12, adapters: {5: CEX5C}, usage-domains: [4, 5]}", "m").boot(time);
        faults = host.kernel().attributeFaults();
    }

    private void inject(String path, @Nullable Access access) {
        faults.inject(new AttributeFault(path, access, Occurrence.ALL, Errno.ETIMEDOUT, Duration.ZERO));
    }

    private void refused(String path) {
        assertEquals(Errno.ETIMEDOUT, assertThrows(ErrnoException.class, () -> host.read(path), path).errno());
        assertEquals(Errno.ETIMEDOUT, assertThrows(ErrnoException.class, () -> host.write(path, "1"), path).errno());
    }

    @ParameterizedTest
    @ValueSource(strings = {ONLINE, "/sys/devices/ap/card05/05.0004/online", "05.0004/online", "05.*4/online",
            "/sys/devices/ap/card*/*.0004/online"})
    void aPathMeansTheAttributeWhicheverWayItIsReached(String path) throws Exception {
        inject(path, null);
        refused(ONLINE);
        refused("/sys/devices/ap/card05/05.0004/online");
        refused("/sys/bus/ap/drivers/cex4queue/05.0004/online");
        assertEquals("1\n", host.read("/sys/bus/ap/devices/05.0005/online"));
        assertEquals("1\n", host.read("/sys/devices/ap/card05/online"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"line", "5.0004/online", "/sys/devices/ap/*/online"})
    void aPathOfSomethingElseIsNotMeant(String path) throws Exception {
        inject(path, null);
        assertEquals("1\n", host.read(ONLINE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/online", "/", "/sys/", "online/", "on\nline", "\u00f6"})
    void aPathThatCanBeNoneIsRefused(String path) {
        assertThrows(IllegalArgumentException.class, () -> inject(path, null));
    }

    @Test
    void whatIsRefusedDoesNotReachTheKernel() throws Exception {
        inject("apmask", Access.WRITE);
        String before = host.read("/sys/bus/ap/apmask");
        assertThrows(ErrnoException.class, () -> host.write("/sys/bus/ap/apmask", "-5"));
        assertEquals(before, host.read("/sys/bus/ap/apmask"));
        assertEquals(1, faults.list().get(0).counted().hits());
    }

    @Test
    void anAttributeThatIsYetToComeIsMeantToo() throws Exception {
        inject("/sys/bus/ap/devices/05.0004/online", null);
        host.write("/sys/bus/ap/drivers/cex4queue/unbind", "05.0004");
        assertThrows(ErrnoException.class, () -> host.read(ONLINE));
        host.write("/sys/bus/ap/drivers/cex4queue/bind", "05.0004");
        refused(ONLINE);
    }

    @Test
    void aDelayIsOnTheClockOfTheKernel() throws Exception {
        faults.inject(new AttributeFault("online", Access.WRITE, Occurrence.ALL, null, Duration.ofSeconds(3)));
        long before = time.nanos();
        host.write(ONLINE, "0");
        assertEquals(Duration.ofSeconds(3), Duration.ofNanos(time.nanos() - before));
        assertEquals("0\n", host.read(ONLINE));
    }

    @Test
    void liftingOneLetsItsWriterGoOn() throws Exception {
        faults.inject(new AttributeFault("online", Access.WRITE, Occurrence.ALL, null, Duration.ofSeconds(3)));
        time.schedule(Duration.ofSeconds(1).toNanos(), faults::clear);
        long before = time.nanos();
        host.write(ONLINE, "0");
        assertEquals(Duration.ofSeconds(1), Duration.ofNanos(time.nanos() - before));
        assertTrue(faults.list().isEmpty());
    }
}

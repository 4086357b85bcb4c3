// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class ScannedNumberTest {
    private static final Kernel V6_12 = new Kernel(new VirtualTime(), DeviceQuirk.LINUX_6_12);
    private static final Kernel V7_2 = new Kernel(new VirtualTime(), DeviceQuirk.LINUX_7_2);

    @ParameterizedTest
    @CsvSource({"4294967301, 5, 5", "18446744073709551615, -1, -1", "18446744073709551616, 0, -1",
            "18446744073709551621, 5, -1", "-18446744073709551621, -5, 1",
            "340282366920938463463374607431768211461, 5, -1"})
    void above64BitsTheReleasesDiffer(String text, int in612, int in72) throws ErrnoException {
        assertEquals(in612, ScannedNumber.decimal(V6_12, text));
        assertEquals(in72, ScannedNumber.decimal(V7_2, text));
    }

    @Test
    void hexadecimalOverflowsLikewise() throws ErrnoException {
        assertEquals(4, ScannedNumber.anyBase(V6_12, "0x10000000000000004"));
        assertEquals(-1, ScannedNumber.anyBase(V7_2, "0x10000000000000004"));
    }

    @Test
    void enableAndDisableAreYesAndNoSinceLinux72() throws ErrnoException {
        assertEquals(true, SysfsText.parseBoolean(V7_2, "Enabled"));
        assertEquals(false, SysfsText.parseBoolean(V7_2, "disable"));
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                () -> SysfsText.parseBoolean(V6_12, "enable")).errno());
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                () -> SysfsText.parseBoolean(V6_12, "d")).errno());
    }
}

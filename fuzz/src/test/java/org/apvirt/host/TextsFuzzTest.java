// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.ap.MaskText;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsText;
import org.apvirt.fuzz.Refusals;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Texts that are written to attributes: what is taken is read again as the same, what is not is one line. */
class TextsFuzzTest {
    private static final String TYPE = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/";
    private static final String DEVICES = "/sys/bus/mdev/devices";
    private static final Host HOST = boot();

    private static Host boot() {
        try {
            Host host = MachineFile.parse("level: linux-7.2\nadapters: {5: CEX5C}\nusage-domains: [4]\n", "fuzz")
                    .boot(new VirtualTime());
            host.write("/sys/bus/ap/apmask", "0x0");
            return host;
        } catch (FileFormatException | ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static Set<String> devices() throws ErrnoException {
        return Set.copyOf(((SysfsDirectory) HOST.files().node(DEVICES)).names());
    }

    @FuzzTest(maxDuration = "2h")
    void number(byte[] bytes) throws ErrnoException {
        long number;
        try {
            number = SysfsText.parseNumber(text(bytes));
        } catch (ErrnoException e) {
            Refusals.assertOneLine(e.getMessage());
            return;
        }
        assertEquals(number, SysfsText.parseNumber(Long.toUnsignedString(number)));
        assertEquals(number, SysfsText.parseNumber("0x" + Long.toHexString(number)));
    }

    @FuzzTest(maxDuration = "2h")
    void mask(byte[] bytes) throws ErrnoException {
        ApMask present = ApMask.of(0, 5, 0x47, 255);
        for (boolean wrap : List.of(false, true)) {
            ApMask mask;
            try {
                mask = MaskText.parse(text(bytes), present, wrap);
            } catch (ErrnoException e) {
                Refusals.assertOneLine(e.getMessage());
                continue;
            }
            assertEquals(mask, MaskText.parse("0x" + mask.toHex().replace("0x", ""), present, wrap));
        }
    }

    /** What names a mediated device: made under that name in lower case and removed again, or nothing is there. */
    @FuzzTest(maxDuration = "2h")
    void uuid(byte[] bytes) throws ErrnoException {
        if (bytes.length == 0) {
            return; // nothing reaches the attribute
        }
        Set<String> before = devices();
        try {
            HOST.write(TYPE + "create", text(bytes));
        } catch (ErrnoException e) {
            Refusals.assertOneLine(e.getMessage());
            assertEquals(before, devices());
            return;
        }
        List<String> made = devices().stream().filter(name -> !before.contains(name)).toList();
        assertEquals(1, made.size(), made::toString);
        assertTrue(made.get(0).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), made::toString);
        assertTrue(text(bytes).toLowerCase(java.util.Locale.ROOT).startsWith(made.get(0)), made::toString);
        HOST.write(DEVICES + "/" + made.get(0) + "/remove", "1");
        assertFalse(devices().contains(made.get(0)));
    }

    @FuzzTest(maxDuration = "2h")
    void config(byte[] bytes) throws ErrnoException {
        String uuid = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
        HOST.write(TYPE + "create", uuid);
        String mdev = DEVICES + "/" + uuid;
        String before = HOST.read(mdev + "/ap_config");
        try {
            HOST.write(mdev + "/ap_config", text(bytes));
            String taken = HOST.read(mdev + "/ap_config");
            HOST.write(mdev + "/ap_config", taken);
            assertEquals(taken, HOST.read(mdev + "/ap_config"));
        } catch (ErrnoException e) {
            Refusals.assertOneLine(e.getMessage());
            assertEquals(before, HOST.read(mdev + "/ap_config"));
        } finally {
            HOST.write(mdev + "/remove", "1");
        }
    }
}

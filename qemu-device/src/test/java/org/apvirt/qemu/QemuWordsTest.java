// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.util.List;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.host.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Words that QEMU reads and writes: JSON, types of devices, help, errors of files. */
class QemuWordsTest {
    private static final TestHost HOST = new TestHost(Level.LINUX_7_2);

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0", "7", "-12", "10", "1.5", "0.25", "1e9", "1E-9", "1.5e+10", "true", "false",
            "null",
            "[]", "[1]", "[1,[2], {}]", "{}", "{\"b\": {\"c\": 1}}", "'x'"})
    void aValueIsJson(String value) {
        for (QemuVersion version : QemuVersion.values()) {
            assertDoesNotThrow(() -> JsonObject.parse(" { \"a\" : " + value + " , 'z': 2 } ", version), value);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "-", "-x", "1.", "1.x", "1e", "1e+", "1ex", ".5", "+1", "nul", "True", "[1,]",
            "[1 2]", "[,1]",
            "{1:2}", "{,}", "{\"b\"}", "{\"b\":}", "{\"b\":1,}", "]", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
            "\"\\ud800\"", "\"\\", "@", ""})
    void aValueIsNot(String value) {
        for (QemuVersion version : QemuVersion.values()) {
            QemuException refused = assertThrows(QemuException.class,
                    () -> JsonObject.parse("{\"a\":" + value + "}", version),
                    value);
            assertTrue(refused.getMessage().contains("JSON parse error"), refused.getMessage());
        }
    }

    /** What follows is told only after the first value is whole. */
    @Test
    void moreThanOneValueIsOneTooMany() throws QemuException {
        assertEquals("Expecting at most one JSON value", assertThrows(QemuException.class,
                () -> JsonObject.parse("{\"a\":1} 2", QemuVersion.V10_2)).getMessage());
        assertEquals(List.of("a"), List.copyOf(JsonObject.parse("{\"a\":1} \n\t ", QemuVersion.V10_2).keySet()));
    }

    @Test
    void aStringMayBeEscaped() throws QemuException {
        assertEquals("\"'\\/\b\f\n\r\tA\u00e9x", JsonObject.parse(
                "{\"a\": \"\\\"\\'\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9x\"}", QemuVersion.V10_2).get("a"));
        assertEquals(new JsonObject.Other("list"), JsonObject.parse("{'a': ['b']}", QemuVersion.V11).get("a"));
    }

    private static QemuCheck ask(QemuVersion version, String device) {
        return QemuCheck.of(HOST.qemu(version), TestHost.words("-device", device));
    }

    @Test
    void helpOnADeviceListsItsProperties() {
        assertEquals(new QemuCheck(List.of(), List.of("vfio-ap options:", "  sysfsdev=<str>"), 0),
                ask(QemuVersion.V7_2, "vfio-ap,help"));
        assertEquals(new QemuCheck(List.of(), List.of("vfio-ap options:", "  fd=<string>",
                "  iommufd=<link<iommufd>> - Set host IOMMUFD backend device",
                "  sysfsdev=<str>         - Host sysfs path of assigned device"), 0),
                ask(QemuVersion.V11, "vfio-ap,id=a,help"));
        assertEquals(List.of("There are no options for ap-bridge."), ask(QemuVersion.V10_2, "ap-bridge,help").output());
        for (String quiet : List.of("help", "virtio-blk-ccw,help", "sclp,help", "virtio-device,help",
                "max-s390x-cpu,help")) {
            assertEquals(new QemuCheck(List.of(), List.of(), 0), ask(QemuVersion.V10_2, quiet), quiet);
        }
        assertTrue(ask(QemuVersion.V10_2, "foo,help").messages().toString().contains("Device 'foo' not found"));
    }

    @ParameterizedTest
    @CsvSource({"vfio-ap, true", "virtio-blk-ccw, true", "virtio-net-pci-transitional, true", "virtio-rng-device, true",
            "vhost-vsock-pci-non-transitional, true", "vhost-user-fs-ccw, true", "virtio-foo-ccw, false",
            "foo-ccw, false",
            "vhost-foo-pci, false", "virtio-blk, false", "max-s390x-cpu, true", "qemu-s390x-cpu, true",
            "z14-s390x-cpu, true",
            "z14-base-s390x-cpu, true", "z99-s390x-cpu, false", "-s390x-cpu, false", "z14-x86_64-cpu, false",
            "zpci, true",
            "ap-bridge, false"})
    void aTypeCanBePluggedOrNot(String type, boolean pluggable) {
        if (pluggable) {
            assertDoesNotThrow(() -> DeviceTypes.requirePluggable(type));
        } else {
            assertThrows(QemuException.class, () -> DeviceTypes.requirePluggable(type));
        }
    }

    @Test
    void errorsOfFilesAreThoseOfStrerror() {
        assertEquals("No such file or directory", FileErrors.text(new NoSuchFileException("/x")));
        assertEquals("Permission denied", FileErrors.text(new AccessDeniedException("/x")));
        assertEquals("Not a directory", FileErrors.text(new NotDirectoryException("/x")));
        assertEquals("Invalid argument", FileErrors.text(new NotLinkException("/x")));
        assertEquals("Input/output error", FileErrors.text(new IOException("whatever")));
        assertEquals("Input/output error", FileErrors.text(new FileSystemException("/x")));
        assertEquals("Device or resource busy",
                FileErrors.text(new FileSystemException("/x", null, "EBUSY: it is used")));
        assertEquals("Too many levels", FileErrors.text(new FileSystemException("/x", null, "Too many levels")));
        assertEquals("EBUSY", FileErrors.text(new FileSystemException("/x", null, "EBUSY")));
        assertFalse(FileErrors.text(new FileSystemException("/x", null, ": x")).isEmpty());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The AP part of a {@code /sys} directory. A file that cannot be read counts as missing. */
public final class CardTree {
    private final Path bus;
    private final Path devices;

    /**
     * The cards below a directory.
     *
     * @param sys {@code /sys} or a directory that looks like it
     */
    public CardTree(Path sys) {
        this.bus = sys.resolve("bus/ap");
        this.devices = sys.resolve("devices/ap");
    }

    /** Tells whether there is an AP bus. */
    boolean hasBus() {
        return Files.isDirectory(bus);
    }

    /** Returns the names of the card directories in alphabetical order. */
    List<String> cards() {
        return names(devices, "card[0-9a-fA-F]+");
    }

    /** Returns the names of a card's queue directories in alphabetical order. */
    List<String> queues(String card) {
        return names(devices.resolve(card), "[0-9a-fA-F]{2}\\.[0-9a-fA-F]{4}");
    }

    private static List<String> names(Path directory, String pattern) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                Path name = entry.getFileName();
                if (name != null && name.toString().matches(pattern)) {
                    names.add(name.toString());
                }
            }
        } catch (IOException e) {
            return List.of(); // no such directory: no device
        }
        Collections.sort(names);
        return names;
    }

    /** Returns the first line of a bus attribute, null if it cannot be read. */
    @Nullable
    String bus(String attribute) {
        return firstLine(bus.resolve(attribute));
    }

    /**
     * Returns the first line of a device attribute, null if it cannot be read.
     *
     * @param device {@code card05} or {@code card05/05.0004}
     */
    @Nullable
    String device(String device, String attribute) {
        return firstLine(devices.resolve(device).resolve(attribute));
    }

    /** Returns all lines of a device attribute; none if it cannot be read. */
    List<String> lines(String device, String attribute) {
        String text = text(devices.resolve(device).resolve(attribute));
        return text == null ? List.of() : text.lines().toList();
    }

    private static @Nullable String firstLine(Path file) {
        String text = text(file);
        int end = text == null ? -1 : text.indexOf('\n');
        return text == null || end < 0 ? text : text.substring(0, end);
    }

    private static @Nullable String text(Path file) {
        try {
            return Files.isRegularFile(file) // in a copy, whatever somebody has put there
                    ? new String(InputFile.read(file, InputFile.LONGEST_ATTRIBUTE), StandardCharsets.ISO_8859_1)
                    : null;
        } catch (FileFormatException e) {
            return null;
        }
    }

    /** Tells whether a device directory exists. */
    boolean exists(String device) {
        return Files.isDirectory(devices.resolve(device));
    }

    /** Returns the path of a device directory as the program prints it. */
    String shownPath(String device) {
        return "/sys/devices/ap/" + device;
    }

    /** Returns the name of a device's driver, null if it has none. */
    @Nullable
    String driver(String device) {
        try {
            Path name = Files.readSymbolicLink(devices.resolve(device).resolve("driver")).getFileName();
            return name == null ? null : name.toString();
        } catch (IOException e) {
            return null;
        }
    }
}

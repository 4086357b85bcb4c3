// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Facilities;
import org.apvirt.sim.MachineSpec;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a plan is checked against: what the machine has, and who owns what already.
 *
 * @param adapters adapters by number
 * @param answersQci whether the host can query its configuration; without, vfio_ap gives guests nothing
 * @param usageDomains usage domains; without QCI those that a queue was found for
 * @param controlDomains control domains
 * @param highestAdapter highest adapter number that can be assigned
 * @param highestDomain highest domain number that can be assigned
 * @param apmask adapters of the host's own drivers, null: not known
 * @param aqmask domains of the host's own drivers, null: not known
 * @param owners mediated devices that exist, by UUID
 */
public record Inventory(SortedMap<Integer, Card> adapters, boolean answersQci, ApMask usageDomains,
        ApMask controlDomains, int highestAdapter, int highestDomain, @Nullable ApMask apmask, @Nullable ApMask aqmask,
        SortedMap<String, Owner> owners) {
    private static final int HIGHEST_ADAPTER_WITHOUT_APXA = 63;
    private static final int HIGHEST_DOMAIN_WITHOUT_APXA = 15;

    private static final String NOT_SUPPORTED = "not supported"; // what masks are where nobody can be asked for them

    /**
     * A card.
     *
     * @param type for example {@code CEX5C}
     */
    public record Card(String type, boolean configured, boolean checkstopped) {}

    /** The queues of an owner: each adapter with each domain. */
    public record Owner(ApMask adapters, ApMask domains) {}

    /** Returns what a machine file says; nobody owns anything yet. */
    public static Inventory of(MachineFile file) {
        MachineSpec machine = file.machine();
        SortedMap<Integer, Card> adapters = new TreeMap<>();
        machine.adapters().forEach((apid, adapter) -> adapters.put(apid,
                new Card(AdapterNames.name(adapter), adapter.configured(), adapter.checkstopped())));
        boolean qci = machine.facilities().has(Facilities.QCI);
        boolean wide = qci && machine.apxa(); // nobody else says that there are more
        return new Inventory(adapters, qci, machine.usageDomains(), qci
                ? machine.effectiveControlDomains()
                : ApMask.NONE, wide ? machine.highestAdapter() : HIGHEST_ADAPTER_WITHOUT_APXA,
                wide ? machine.highestDomain() : HIGHEST_DOMAIN_WITHOUT_APXA, null, null, new TreeMap<>());
    }

    /**
     * Reads a {@code /sys} directory.
     *
     * @throws FileFormatException it has no AP bus, or a file of it cannot be understood
     */
    public static Inventory read(Path sys) throws FileFormatException {
        Path bus = sys.resolve("bus/ap");
        if (!Files.isDirectory(bus)) {
            throw new FileFormatException(bus.toString(), "no AP bus (use the /sys of a machine with AP, or a copy)");
        }
        SortedMap<Integer, Card> adapters = new TreeMap<>();
        ApMask found = ApMask.NONE;
        for (Path card : entries(sys.resolve("devices/ap"), "card*")) {
            String type = text(card.resolve("type"));
            adapters.put(number(card), new Card(type == null ? "hardware type " + text(card.resolve("hwtype")) : type,
                    !"0".equals(text(card.resolve("config"))), "1".equals(text(card.resolve("chkstop")))));
            for (Path queue : entries(card, "[0-9a-f][0-9a-f].00[0-9a-f][0-9a-f]")) {
                found = found.with(Integer.parseInt(name(queue).substring(3), 16));
            }
        }
        Path usage = bus.resolve("ap_usage_domain_mask");
        boolean qci = !NOT_SUPPORTED.equals(text(usage));
        SortedMap<String, Owner> owners = new TreeMap<>();
        for (Path mdev : entries(sys.resolve("devices/vfio_ap/matrix"), "????????-????-????-????-????????????")) {
            owners.put(name(mdev), owner(mdev));
        }
        return new Inventory(adapters, qci, qci ? mask(usage) : found,
                mask(bus.resolve("ap_control_domain_mask")),
                number(bus.resolve("ap_max_adapter_id"), HIGHEST_ADAPTER_WITHOUT_APXA),
                number(bus.resolve("ap_max_domain_id"), HIGHEST_DOMAIN_WITHOUT_APXA), mask(bus.resolve("apmask")),
                mask(bus.resolve("aqmask")), owners);
    }

    /** Reads lines {@code 05.0004}, {@code 05.} or {@code .0004} of the attribute matrix. */
    private static Owner owner(Path mdev) throws FileFormatException {
        ApMask adapters = ApMask.NONE;
        ApMask domains = ApMask.NONE;
        Path file = mdev.resolve("matrix");
        String text = text(file);
        for (String line : text == null ? new String[0] : text.split("\n")) {
            int dot = line.indexOf('.');
            try {
                adapters = dot > 0 ? adapters.with(Integer.parseInt(line.substring(0, dot), 16)) : adapters;
                domains = line.length() > dot + 1
                        ? domains.with(Integer.parseInt(line.substring(dot + 1), 16))
                        : domains;
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new FileFormatException(file.toString(), "'" + line + "' is no queue");
            }
        }
        return new Owner(adapters, domains);
    }

    private static int number(Path card) throws FileFormatException {
        try {
            return Objects.checkIndex(Integer.parseInt(name(card).substring("card".length()), 16), ApMask.BITS);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new FileFormatException(card.toString(), "is no card: the name is card and two hex digits");
        }
    }

    private static Iterable<Path> entries(Path directory, String glob) throws FileFormatException {
        SortedMap<String, Path> sorted = new TreeMap<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
                stream.forEach(path -> sorted.put(name(path), path));
            } catch (IOException e) {
                throw new FileFormatException(directory.toString(), "cannot be listed: " + InputFile.reason(e));
            }
        }
        return sorted.values();
    }

    private static String name(Path path) {
        Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }

    private static @Nullable String text(Path file) throws FileFormatException {
        if (!Files.isRegularFile(file)) {
            return null; // an attribute that this kernel, or this driver, does not have
        }
        return new String(InputFile.read(file, InputFile.LONGEST_ATTRIBUTE), StandardCharsets.ISO_8859_1)
                .stripTrailing();
    }

    private static ApMask mask(Path file) throws FileFormatException {
        String text = text(file);
        if (text == null || text.equals(NOT_SUPPORTED)) {
            return ApMask.NONE;
        }
        try {
            return ApMask.parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(file.toString(), "'" + text + "' is no mask of 64 hex digits");
        }
    }

    private static int number(Path file, int absent) throws FileFormatException {
        String text = text(file);
        try {
            return text == null ? absent : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new FileFormatException(file.toString(), "'" + text + "' is not a number");
        }
    }
}

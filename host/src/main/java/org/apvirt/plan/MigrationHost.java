// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.machine.Document;
import org.apvirt.machine.DocumentNode;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.HostSetup;
import org.apvirt.machine.InputFile;
import org.apvirt.machine.Inventory;
import org.apvirt.machine.MachineFile;
import org.apvirt.vfioap.VfioApQuirk;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A host from or to which a guest is to be migrated: a plan, or a {@code /sys} directory.
 *
 * @param name what findings call it
 * @param inventory what it has, and which mediated devices are there
 * @param cards what TAPQ says of its cards, as far as sysfs shows it: function word and type
 * @param sys the {@code /sys} directory, null: a file
 * @param bound the queues that are bound to vfio_ap, null: not known, a plan binds what it needs
 * @param migrates whether its kernel can migrate
 * @param guests the guests that are on it, and the mediated devices without a guest as {@code mdev UUID}; of a {@code /sys}
 *     directory none
 * @param devices the UUIDs of the guests' mediated devices, as far as they are written down
 */
public record MigrationHost(String name, Inventory inventory, SortedMap<Integer, ApHardwareInfo> cards,
        @Nullable Path sys, @Nullable Set<Apqn> bound, boolean migrates, SortedMap<String, Plan.Guest> guests,
        SortedMap<String, String> devices) {
    private static final String MATRIX = "devices/vfio_ap/matrix";
    private static final String DRIVER = "/sys/bus/ap/drivers/vfio_ap";
    private static final String QUEUE = "[0-9a-f]{2}\\.[0-9a-f]{4}";

    /**
     * Reads a plan file, or a machine file with the guests and the mediated devices of its host.
     *
     * @throws FileFormatException the file is wrong
     */
    public static MigrationHost readFile(Path file) throws FileFormatException {
        DocumentNode root = Document.read(file);
        if (root.map("a plan").containsKey("guests")) {
            Plan plan = Plan.of(root, file.toString(), null);
            return of(plan.file(), plan.machine(), null, new TreeMap<>(plan.guests()));
        }
        MachineFile machine = MachineFile.read(file);
        SortedMap<String, Plan.Guest> guests = new TreeMap<>();
        Map<String, HostSetup.Mdev> mdevs = new TreeMap<>(machine.setup().mdevs());
        machine.setup().guests().forEach((name, uuid) -> guests.put(name, guest(mdevs.remove(uuid))));
        mdevs.forEach((uuid, mdev) -> guests.put("mdev " + uuid, guest(mdev)));
        return of(file.toString(), machine, boundQueues(machine), guests);
    }

    /** What a host binds at its boot and then by hand is seen best when it is done. */
    private static Set<Apqn> boundQueues(MachineFile machine) throws FileFormatException {
        Set<Apqn> bound = new HashSet<>();
        try {
            if (machine.boot(new VirtualTime()).files().node(DRIVER) instanceof SysfsDirectory queues) {
                queues.names().stream().filter(name -> name.matches(QUEUE))
                        .forEach(name -> bound.add(Apqn.parse(name)));
            }
        } catch (ErrnoException e) {
            return bound; // the driver is not loaded
        }
        return bound;
    }

    private static Plan.Guest guest(HostSetup.@Nullable Mdev mdev) {
        return mdev == null
                ? new Plan.Guest(ApMask.NONE, ApMask.NONE, ApMask.NONE, null, 0)
                : new Plan.Guest(mdev.adapters(), mdev.domains(), mdev.controlDomains(), null, 0);
    }

    private static MigrationHost of(String name, MachineFile machine, @Nullable Set<Apqn> bound,
            SortedMap<String, Plan.Guest> guests) {
        SortedMap<Integer, ApHardwareInfo> cards = new TreeMap<>();
        machine.machine().adapters()
                .forEach((apid, card) -> cards.put(apid, ApHardwareInfo.of(card.functions(), card.type(), 0, 0, 1)));
        return new MigrationHost(name, Inventory.of(machine), cards, null, bound,
                machine.level().has(VfioApQuirk.MIGRATES), guests,
                new TreeMap<>(machine.setup().guests()));
    }

    /**
     * Reads a {@code /sys} directory.
     *
     * @throws FileFormatException it has no AP bus, or a file of it cannot be understood
     */
    public static MigrationHost read(Path sys) throws FileFormatException {
        Inventory inventory = Inventory.read(sys);
        SortedMap<Integer, ApHardwareInfo> cards = new TreeMap<>();
        Set<Apqn> bound = new HashSet<>();
        for (int apid : inventory.adapters().keySet()) {
            Path card = sys.resolve(String.format("devices/ap/card%02x", apid));
            cards.put(apid,
                    ApHardwareInfo.of((int) number(card.resolve("ap_functions")), (int) number(card.resolve("hwtype")),
                            0, 0, 1));
            bound.addAll(boundQueues(card));
        }
        String features = text(sys.resolve(MATRIX).resolve("features"));
        return new MigrationHost(sys.toString(), inventory, cards, sys, bound,
                features.matches("(?s).*\\bmigratable\\b.*"),
                new TreeMap<>(), new TreeMap<>());
    }

    private static Set<Apqn> boundQueues(Path card) throws FileFormatException {
        Set<Apqn> bound = new HashSet<>();
        try (DirectoryStream<Path> queues = Files.newDirectoryStream(card,
                "[0-9a-f][0-9a-f].[0-9a-f][0-9a-f][0-9a-f][0-9a-f]")) {
            for (Path queue : queues) {
                Path driver = queue.resolve("driver");
                if (Files.isSymbolicLink(driver) && Files.readSymbolicLink(driver).endsWith("vfio_ap")) {
                    bound.add(Apqn.parse(String.valueOf(queue.getFileName())));
                }
            }
        } catch (IOException e) {
            throw new FileFormatException(card.toString(), "cannot be listed: " + InputFile.reason(e));
        }
        return bound;
    }

    /**
     * Returns what a guest has on this host.
     *
     * @param guest name of a guest of the plan; of a {@code /sys} directory the UUID of its mediated device
     * @throws FileFormatException there is none
     */
    Plan.Guest guest(String guest) throws FileFormatException {
        Plan.Guest planned = guests.get(guest);
        if (planned != null) {
            return planned;
        }
        Inventory.Owner owner = inventory.owners().get(guest);
        Path directory = sys;
        if (directory == null || owner == null) {
            Set<String> names = directory == null ? guests.keySet() : inventory.owners().keySet();
            throw new FileFormatException(name,
                    (directory == null ? "has no guest '" : "has no mediated device '") + guest + "'"
                            + (names.isEmpty() ? "" : " (it has " + String.join(", ", names) + ")"));
        }
        Path mdev = directory.resolve(MATRIX).resolve(guest);
        ApMask control = ApMask.NONE;
        for (String line : text(mdev.resolve("control_domains")).lines().toList()) {
            try {
                control = control.with(Integer.parseInt(line, 16));
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new FileFormatException(mdev.resolve("control_domains").toString(),
                        "'" + line + "' is no domain");
            }
        }
        return new Plan.Guest(owner.adapters(), owner.domains(), control, null, 0);
    }

    private static String text(Path file) throws FileFormatException {
        return Files.isRegularFile(file)
                ? new String(InputFile.read(file, InputFile.LONGEST_ATTRIBUTE), StandardCharsets.ISO_8859_1).strip()
                : "";
    }

    private static long number(Path file) throws FileFormatException {
        String text = text(file);
        try {
            return Long.decode(text.isEmpty() ? "0" : text);
        } catch (NumberFormatException e) {
            throw new FileFormatException(file.toString(), "'" + text + "' is not a number");
        }
    }
}

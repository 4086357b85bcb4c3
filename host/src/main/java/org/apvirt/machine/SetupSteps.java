// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Host;
import org.apvirt.zcrypt.ZcryptCard;
import org.apvirt.zcrypt.ZcryptQueue;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Sets up a host as root would, by writes to its attributes. Mediated devices are given their queues while these are free, because
 * what the masks and bindings are in the end may have come after the assignment.
 */
final class SetupSteps {
    private static final String BUS = "/sys/bus/ap/";
    private static final String DEVICES = BUS + "devices/";
    private static final String DRIVERS = BUS + "drivers/";
    private static final String MATRIX = "/sys/devices/vfio_ap/matrix/";
    private static final List<String> MASKS = List.of("apmask", "aqmask");

    private final HostSetup setup;
    private final Host host;
    private final @Nullable List<String> refusals; // null: the first is one too many
    private final List<String> moved = new ArrayList<>(); // queues bound to vfio_ap for the assignment only

    SetupSteps(HostSetup setup, Host host, @Nullable List<String> refusals) {
        this.setup = setup;
        this.host = host;
        this.refusals = refusals;
    }

    /** One step. */
    private interface Step {
        void run() throws FileFormatException;
    }

    /** Takes a step; where refusals are collected, one that is refused is taken out of the setup. */
    private void attempt(Step step, Runnable takeOut) throws FileFormatException {
        try {
            step.run();
        } catch (FileFormatException e) {
            if (refusals == null) {
                throw e;
            }
            refusals.add(e.problem());
            takeOut.run();
        }
    }

    void run() throws FileFormatException {
        for (Map.Entry<String, String> attribute : new TreeMap<>(setup.attributes()).entrySet()) {
            if (!MASKS.contains(attribute.getKey())) { // the default domain wants aqmask as it is after the boot
                attempt(() -> write(BUS + attribute.getKey(), attribute.getValue()),
                        () -> setup.attributes().remove(attribute.getKey()));
            }
        }
        for (Map.Entry<String, String> override : new TreeMap<>(setup.overrides()).entrySet()) {
            attempt(() -> override(override.getKey(), override.getValue()),
                    () -> setup.overrides().remove(override.getKey()));
        }
        makeMdevs();
        for (String mask : MASKS) {
            attempt(() -> writeIfNamed(mask), () -> setup.attributes().remove(mask));
        }
        for (String queue : moved) {
            if (!setup.drivers().containsKey(queue)) {
                write(DRIVERS + "vfio_ap/unbind", queue);
                write(BUS + "drivers_probe", queue);
            }
        }
        for (Map.Entry<String, String> bound : new TreeMap<>(setup.drivers()).entrySet()) {
            attempt(() -> bind(bound.getKey(), bound.getValue()), () -> setup.drivers().remove(bound.getKey()));
        }
        for (var node : new TreeMap<>(setup.nodes()).entrySet()) {
            attempt(() -> node(node.getKey(), node.getValue()), () -> setup.nodes().remove(node.getKey()));
        }
        for (String device : List.copyOf(setup.offline())) {
            attempt(() -> takeOffline(device), () -> setup.offline().remove(device));
        }
        for (Map.Entry<String, Long> counter : new TreeMap<>(setup.counters()).entrySet()) {
            attempt(() -> count(counter.getKey(), counter.getValue()),
                    () -> setup.counters().remove(counter.getKey()));
        }
    }

    private void override(String device, String text) throws FileFormatException {
        String file = DEVICES + device + "/driver_override";
        String driver = setup.drivers().getOrDefault(device, text);
        if (driver.equals("vfio_ap") || setup.drivers().containsKey(device)) {
            if (!driver.equals(HostSetup.NO_DRIVER) && !driver.equals(text)) {
                write(file, driver); // it was bound while this was its override
            }
            bind(device, driver);
        }
        write(file, text);
        if (driver.equals("vfio_ap")) {
            bind(device, driver);
        }
    }

    private void node(String name, Map<String, String> masks) throws FileFormatException {
        write("/sys/class/zcrypt/create", name);
        for (Map.Entry<String, String> mask : masks.entrySet()) {
            write("/sys/devices/virtual/zcrypt/" + name + '/' + mask.getKey(), mask.getValue());
        }
    }

    private void takeOffline(String device) throws FileFormatException {
        ApBus bus = host.bus();
        ApDevice found = bus == null
                ? null
                : device.startsWith("card")
                        ? bus.card(Integer.parseInt(device.substring(4), 16))
                        : bus.queue(Apqn.parse(device));
        Object data = found == null ? null : found.driverData();
        switch (data) {
            case ZcryptCard card -> card.resumeOffline();
            case ZcryptQueue queue -> queue.resumeOffline();
            case null, default -> throw new FileFormatException(setup.place(),
                    "offline: no zcrypt driver has " + device);
        }
    }

    private void writeIfNamed(String attribute) throws FileFormatException {
        String text = setup.attributes().get(attribute);
        if (text != null && !text.equals(read(BUS + attribute))) {
            write(BUS + attribute, text);
        }
    }

    private String read(String path) {
        try {
            return host.read(path).strip();
        } catch (ErrnoException e) {
            return "";
        }
    }

    private void write(String path, String text) throws FileFormatException {
        try {
            host.write(path, text);
        } catch (ErrnoException e) {
            throw new FileFormatException(setup.place(),
                    "the kernel refuses '" + text + "' for " + path + ": " + e.getMessage());
        }
    }

    private void makeMdevs() throws FileFormatException {
        if (setup.mdevs().isEmpty()) {
            return;
        }
        ApMask adapters = ApMask.NONE;
        for (HostSetup.Mdev mdev : setup.mdevs().values()) {
            adapters = adapters.or(mdev.adapters());
        }
        ApBus bus = host.bus();
        boolean masksMayChange = host.kernel().has(ApQuirk.MASKS_RESERVE) && setup.overrides().isEmpty();
        if (bus != null && masksMayChange) {
            String free = bus.permissions().apmask().minus(adapters).toString();
            attempt(() -> write(BUS + "apmask", free), () -> {});
        } else if (bus != null && !host.kernel().has(ApQuirk.MASKS_RESERVE)) {
            for (HostSetup.Mdev mdev : setup.mdevs().values()) {
                attempt(() -> free(bus, mdev), () -> {});
            }
        }
        for (Map.Entry<String, HostSetup.Mdev> mdev : new TreeMap<>(setup.mdevs()).entrySet()) {
            attempt(() -> makeMdev(mdev.getKey(), mdev.getValue()), () -> setup.mdevs().remove(mdev.getKey()));
        }
        if (bus != null && masksMayChange && !setup.attributes().containsKey("apmask")) {
            String reserved = bus.permissions().apmask().toString();
            String again = bus.permissions().apmask().or(adapters).toString();
            attempt(() -> write(BUS + "apmask", again), () -> setup.attributes().put("apmask", reserved));
        }
    }

    private void makeMdev(String uuid, HostSetup.Mdev mdev) throws FileFormatException {
        write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", uuid);
        String directory = MATRIX + uuid + '/';
        ApMask adapters = assign(directory + "assign_adapter", mdev.adapters());
        ApMask domains = assign(directory + "assign_domain", mdev.domains());
        ApMask control = assign(directory + "assign_control_domain", mdev.controlDomains());
        if (refusals != null) {
            setup.mdevs().replace(uuid, new HostSetup.Mdev(adapters, domains, control));
        }
    }

    /** Where masks decide nothing, a queue that is assigned must be bound to vfio_ap by hand. */
    private void free(ApBus bus, HostSetup.Mdev mdev) throws FileFormatException {
        for (int apid = mdev.adapters().next(0); apid >= 0; apid = mdev.adapters().next(apid + 1)) {
            for (int apqi = mdev.domains().next(0); apqi >= 0; apqi = mdev.domains().next(apqi + 1)) {
                String queue = new Apqn(apid, apqi).toString();
                if (bus.queue(new Apqn(apid, apqi)) != null && !"vfio_ap".equals(driver(queue))) {
                    bind(queue, "vfio_ap");
                    moved.add(queue);
                }
            }
        }
    }

    /** Assigns, and returns what was not refused. */
    private ApMask assign(String path, ApMask ids) throws FileFormatException {
        List<Integer> refused = new ArrayList<>();
        for (int id = ids.next(0); id >= 0; id = ids.next(id + 1)) {
            int each = id;
            attempt(() -> write(path, String.format("0x%02x", each)), () -> refused.add(each));
        }
        ApMask assigned = ids;
        for (int id : refused) {
            assigned = assigned.without(id);
        }
        return assigned;
    }

    private void bind(String device, String driver) throws FileFormatException {
        String present = driver(device);
        if (present.equals(driver)) {
            return;
        }
        if (!present.equals(HostSetup.NO_DRIVER)) {
            write(DRIVERS + present + "/unbind", device);
        }
        if (!driver.equals(HostSetup.NO_DRIVER)) {
            write(DRIVERS + driver + "/bind", device);
        }
    }

    private String driver(String device) {
        return driver(host, device);
    }

    /** Returns the driver of a device. */
    static String driver(Host host, String device) {
        try {
            String link = host.readLink(DEVICES + device + "/../" + device + "/driver");
            return link.substring(link.lastIndexOf('/') + 1);
        } catch (ErrnoException e) {
            return HostSetup.NO_DRIVER;
        }
    }

    private void count(String device, long requests) throws FileFormatException {
        ApBus bus = host.bus();
        ApDevice found = bus == null ? null : bus.device(device);
        if (found == null) {
            throw new FileFormatException(setup.place(), "counters: the AP bus has no " + device);
        }
        found.resumeCount(requests);
    }
}

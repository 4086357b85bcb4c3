// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApCard;
import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApQueue;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.Host;
import org.apvirt.mdev.MdevBus;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.vfioap.ApMatrix;
import org.apvirt.vfioap.MatrixMdev;
import org.apvirt.zcrypt.ZcryptCard;
import org.apvirt.zcrypt.ZcryptQueue;

/** Looks at a host and says how root has set it up. */
final class SetupLook {
    private static final String BUS = "/sys/bus/ap/";

    private final Host host;
    private final SimulatedMachine built;
    private final HostSetup setup = HostSetup.none();

    private SetupLook(Host host, SimulatedMachine built) {
        this.host = host;
        this.built = built;
    }

    /**
     * Returns how a host is set up. What its bus shows of cards and domains that are gone by now, because it has not looked since,
     * is left out: whoever boots the file boots without them.
     *
     * @param built the machine as it is now
     * @param file a machine file of its machine as it is now
     * @param guests guests that run, with the UUIDs of their mediated devices
     */
    static HostSetup of(Host host, SimulatedMachine built, String file, Map<String, String> guests) {
        SetupLook look = new SetupLook(host, built);
        look.attributes();
        look.mdevs();
        look.nodes();
        look.devices();
        look.setup.guests().putAll(guests);
        look.drivers(file);
        return look.setup;
    }

    private void attributes() {
        for (String name : SetupReader.ATTRIBUTES) {
            String text = text(BUS + name);
            if (!text.isEmpty() && !text.startsWith("-")) { // no default domain
                setup.attributes().put(name, text);
            }
        }
    }

    private String text(String path) {
        try {
            return host.read(path).strip();
        } catch (ErrnoException e) {
            return "";
        }
    }

    private void mdevs() {
        if (host.kernel().bus("mdev") instanceof MdevBus mdevs) {
            for (MdevDevice device : mdevs.devices()) {
                MatrixMdev mdev = MatrixMdev.of(device);
                if (mdev != null) {
                    ApMatrix matrix = mdev.assigned();
                    setup.mdevs().put(mdev.uuid(), new HostSetup.Mdev(matrix.apm(), matrix.aqm(), matrix.adm()));
                }
            }
        }
    }

    private void nodes() {
        String directory = "/sys/devices/virtual/zcrypt";
        try {
            if (host.files().node(directory) instanceof SysfsDirectory nodes) {
                for (String name : nodes.names()) {
                    if (!name.equals("z90crypt")) {
                        SortedMap<String, String> masks = new TreeMap<>();
                        for (String mask : SetupReader.NODE_ATTRIBUTES) {
                            String text = text(directory + '/' + name + '/' + mask);
                            if (!text.isEmpty()) {
                                masks.put(mask, text);
                            }
                        }
                        setup.nodes().put(name, masks);
                    }
                }
            }
        } catch (ErrnoException e) {
            return; // zcrypt is not loaded
        }
    }

    private void devices() {
        ApBus bus = host.bus();
        for (int apid = 0; bus != null && apid < ApMask.BITS; apid++) {
            ApCard card = bus.card(apid);
            if (card != null && built.findAdapter(apid) != null) {
                device(card, card.requestCount());
                for (ApQueue queue : queues(card)) {
                    device(queue, queue.requestCount());
                    String override = queue.driverOverride();
                    if (override != null) {
                        setup.overrides().put(queue.name(), override);
                    }
                }
            }
        }
    }

    private List<ApQueue> queues(ApCard card) {
        ApMask domains = built.usageDomains();
        return card.children().stream().filter(queue -> domains.contains(queue.apqn().apqi())).toList();
    }

    private void device(ApDevice device, long requests) {
        if (device.driverData() instanceof ZcryptCard card && !card.wantedOnline()
                || device.driverData() instanceof ZcryptQueue queue && !queue.wantedOnline()) {
            setup.offline().add(device.name());
        }
        if (requests > 0) {
            setup.counters().put(device.name(), requests);
        }
    }

    /** What drivers a host comes to that is set up so far, a second one shows; where they differ, it was by hand. */
    private void drivers(String file) {
        Host fresh = null;
        try {
            fresh = MachineFile.parse(file + SetupWriter.text(setup), "snapshot").boot(new VirtualTime());
        } catch (FileFormatException e) {
            fresh = null; // what it was set up to needs what is bound by hand: then all of it is said
        }
        Host again = fresh;
        ApBus bus = host.bus();
        for (int apid = 0; bus != null && apid < ApMask.BITS; apid++) {
            ApCard card = bus.card(apid);
            if (card != null && built.findAdapter(apid) != null) {
                driver(card.name(), again);
                queues(card).forEach(queue -> driver(queue.name(), again));
            }
        }
        if (fresh == null) {
            leaveOutWhatIsRefused(file);
        }
    }

    /** Drivers and what needs them are said by now; what is refused still, the bus would not have done after a look. */
    private void leaveOutWhatIsRefused(String file) {
        try {
            setup.applyWhatIsAccepted(MachineFile.parse(file, "snapshot").boot(new VirtualTime()));
        } catch (FileFormatException e) {
            throw new IllegalStateException("a machine file that was just written: " + e.getMessage(), e);
        }
    }

    private void driver(String device, @org.checkerframework.checker.nullness.qual.Nullable Host fresh) {
        String driver = SetupSteps.driver(host, device);
        if (fresh == null || !driver.equals(SetupSteps.driver(fresh, device))) {
            setup.drivers().put(device, driver);
        }
    }
}

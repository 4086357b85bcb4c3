// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apvirt.arch.ApMask;
import org.apvirt.host.Host;

/**
 * How root has set up a host since its boot: the part {@code host} of a machine file. Devices are named as the AP bus names
 * them, {@code card05} and {@code 05.0004}.
 *
 * @param place where it is written, for errors
 * @param attributes what was written to attributes of the bus, by name: masks, default domain, times
 * @param overrides {@code driver_override} of queues
 * @param drivers drivers that devices were bound to by hand; {@link #NO_DRIVER}: unbound
 * @param offline devices that were set offline
 * @param mdevs mediated devices by UUID
 * @param nodes further zcrypt nodes, each with its masks by attribute
 * @param guests guests that run, with the UUIDs of their mediated devices; whoever keeps the machine running starts them
 * @param counters requests that devices have counted
 */
public record HostSetup(String place, SortedMap<String, String> attributes, SortedMap<String, String> overrides,
        SortedMap<String, String> drivers, SortedSet<String> offline, SortedMap<String, Mdev> mdevs,
        SortedMap<String, SortedMap<String, String>> nodes, SortedMap<String, String> guests,
        SortedMap<String, Long> counters) {
    /** What stands for the driver of a device that has none. */
    public static final String NO_DRIVER = "none";

    /** What is assigned to a mediated device. */
    public record Mdev(ApMask adapters, ApMask domains, ApMask controlDomains) {}

    /** A host as it has booted. */
    public static HostSetup none() {
        return new HostSetup("host", new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeSet<>(),
                new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** Tells whether there is nothing to do. */
    public boolean isEmpty() {
        return attributes.isEmpty() && overrides.isEmpty() && drivers.isEmpty() && offline.isEmpty()
                && mdevs.isEmpty() && nodes.isEmpty() && guests.isEmpty() && counters.isEmpty();
    }

    /**
     * Sets a host up that has just booted, all but the guests.
     *
     * @throws FileFormatException the kernel refuses something
     */
    public void apply(Host host) throws FileFormatException {
        if (!isEmpty()) {
            new SetupSteps(this, host, null).run();
        }
    }

    /**
     * Sets a host up that has just booted as far as its kernel agrees; what it refuses is taken out of here.
     *
     * @return what it refused, one line each
     */
    public List<String> applyWhatIsAccepted(Host host) {
        List<String> refusals = new ArrayList<>();
        try {
            new SetupSteps(this, host, refusals).run();
        } catch (FileFormatException e) {
            refusals.add(e.problem()); // a step between two of them: what came so far is there
        }
        return refusals;
    }
}

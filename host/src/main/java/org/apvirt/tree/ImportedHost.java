// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import org.apvirt.arch.ApMask;
import org.apvirt.machine.HostSetup;

/** What root had done to the host that a tree shows: masks, overrides, offline devices, mediated devices, nodes, counters. */
final class ImportedHost {
    private static final String BUS = "sys/bus/ap/";
    private static final String NODES = "sys/devices/virtual/zcrypt";
    private static final String MATRIX = "sys/devices/vfio_ap/matrix";
    private static final List<String> NODE_ATTRIBUTES = List.of("ioctlmask", "apmask", "aqmask", "admask");
    private static final List<String> ATTRIBUTES = List.of("apmask", "aqmask", "ap_domain", "config_time",
            "poll_thread", "poll_timeout");

    private final SysTree tree;
    private final List<String> devices;
    private final HostSetup setup = HostSetup.none();
    private final Set<String> refusals;

    private ImportedHost(SysTree tree, List<String> devices, Set<String> refusals) {
        this.tree = tree;
        this.devices = devices;
        this.refusals = refusals;
    }

    /**
     * Returns all but the drivers.
     *
     * @param devices cards and queues
     * @param refusals takes what is left out, one line each
     */
    static HostSetup of(SysTree tree, List<String> devices, Set<String> refusals) {
        ImportedHost host = new ImportedHost(tree, devices, refusals);
        host.setUp();
        return host.setup;
    }

    private void setUp() {
        for (String name : ATTRIBUTES) {
            String text = tree.read(BUS + name);
            if (text != null && !text.startsWith("-") && text.matches("[ -~]{1,100}")) {
                setup.attributes().put(name, text);
            }
        }
        for (String device : devices) {
            String path = TreeImport.path(device) + '/';
            boolean usable = !"0".equals(tree.read(path + "config")) && !"1".equals(tree.read(path + "chkstop"));
            if ("0".equals(tree.read(path + "online")) && usable) {
                setup.offline().add(device);
            }
            String requests = tree.read(path + "request_count");
            if (requests != null && requests.matches("[1-9][0-9]{0,17}")) {
                setup.counters().put(device, Long.parseLong(requests));
            }
            String override = tree.read(path + "driver_override");
            if (override != null && !override.isEmpty() && !override.equals("(null)")) {
                if (override.matches(TreeImport.DRIVER_NAME)) {
                    setup.overrides().put(device, override);
                } else {
                    refusals.add('/' + path + "driver_override: '" + override + "' is no driver");
                }
            }
        }
        for (String uuid : tree.names(MATRIX)) {
            if (uuid.matches("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
                setup.mdevs().put(uuid, mdev(MATRIX + '/' + uuid + '/'));
            }
        }
        if (!tree.entries().containsKey(BUS + "apmask")) {
            masksOfDrivers();
        }
        for (String node : tree.names(NODES)) {
            if (!node.equals("z90crypt")) {
                setup.nodes().put(node, node(NODES + '/' + node + '/'));
            }
        }
    }

    /** Without its bus, a tree tells the masks by who has the queues: the host's are in both, vfio_ap's are not. */
    private void masksOfDrivers() {
        ApMask reserved = ApMask.NONE;
        ApMask reservedDomains = ApMask.NONE;
        ApMask hosts = ApMask.NONE;
        ApMask hostsDomains = ApMask.NONE;
        for (String device : devices) {
            String driver = device.startsWith("card") ? null : TreeImport.driver(tree, device);
            int apid = device.startsWith("card") ? 0 : Integer.parseInt(device.substring(0, 2), 16);
            int apqi = device.startsWith("card") ? 0 : Integer.parseInt(device.substring(3), 16);
            boolean assigned = HostSetup.NO_DRIVER.equals(driver) && setup.mdevs().values().stream()
                    .anyMatch(mdev -> mdev.adapters().contains(apid) && mdev.domains().contains(apqi));
            if ("vfio_ap".equals(driver) || assigned) {
                reserved = reserved.with(apid);
                reservedDomains = reservedDomains.with(apqi);
            } else if (driver != null && !driver.equals(HostSetup.NO_DRIVER)) {
                hosts = hosts.with(apid);
                hostsDomains = hostsDomains.with(apqi);
            }
        }
        if (!reserved.isEmpty()) {
            setup.attributes().put("apmask", ApMask.ALL.minus(reserved.minus(hosts)).toString());
            setup.attributes().put("aqmask", ApMask.ALL.minus(reservedDomains.minus(hostsDomains)).toString());
        }
    }

    private SortedMap<String, String> node(String path) {
        SortedMap<String, String> masks = new TreeMap<>();
        for (String name : NODE_ATTRIBUTES) {
            String text = tree.read(path + name);
            if (text != null && !text.isEmpty()) {
                masks.put(name, text);
            }
        }
        return masks;
    }

    private HostSetup.Mdev mdev(String path) {
        ApMask adapters = ApMask.NONE;
        ApMask domains = ApMask.NONE;
        ApMask control = ApMask.NONE;
        for (String line : lines(path + "matrix")) {
            if (line.matches("(?:[0-9a-f]{2})?\\.(?:[0-9a-f]{4})?")) {
                int dot = line.indexOf('.');
                adapters = dot > 0 ? adapters.with(Integer.parseInt(line.substring(0, dot), 16)) : adapters;
                domains = line.length() > dot + 1
                        ? domains.with(Integer.parseInt(line.substring(dot + 3), 16))
                        : domains;
            }
        }
        for (String line : lines(path + "control_domains")) {
            control = line.matches("00[0-9a-f]{2}") ? control.with(Integer.parseInt(line, 16)) : control;
        }
        return new HostSetup.Mdev(adapters, domains, control);
    }

    private List<String> lines(String path) {
        String text = tree.read(path);
        return text == null ? List.of() : text.lines().toList();
    }
}

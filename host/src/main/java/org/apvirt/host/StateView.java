package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The compact state of everything about AP, as the {@code state} step of a scenario tells it. */
final class StateView {
    private static final List<String> BUS_FILES = List.of("apmask", "aqmask", "bindings", "ap_domain",
            "ap_adapter_mask", "ap_usage_domain_mask", "ap_control_domain_mask");
    private static final String INSTANCES = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"
            + "/available_instances";
    private static final List<String> MDEV_FILES = List.of("matrix", "guest_matrix", "control_domains", "ap_config");

    private final HostFiles files;

    private StateView(HostFiles files) {
        this.files = files;
    }

    static Map<String, Object> of(HostFiles files) {
        return new StateView(files).state();
    }

    private Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        for (String name : BUS_FILES) {
            state.put(name, text("/sys/bus/ap/" + name));
        }
        state.put("available_instances", text(INSTANCES));
        Map<String, Object> devices = new LinkedHashMap<>();
        for (String name : names("/sys/bus/ap/devices")) {
            devices.put(name, device("/sys/bus/ap/devices/" + name));
        }
        state.put("devices", devices);
        Map<String, Object> mdevs = new LinkedHashMap<>();
        for (String name : names("/sys/bus/mdev/devices")) {
            Map<String, Object> mdev = new LinkedHashMap<>();
            for (String file : MDEV_FILES) {
                mdev.put(file, text("/sys/bus/mdev/devices/" + name + '/' + file));
            }
            mdevs.put(name, mdev);
        }
        state.put("mdevs", mdevs);
        return state;
    }

    private Map<String, @Nullable Object> device(String path) {
        Map<String, @Nullable Object> device = new LinkedHashMap<>();
        String driver = null;
        try {
            String target = files.readLink(path + "/driver");
            driver = target.substring(target.lastIndexOf('/') + 1);
        } catch (ErrnoException e) {
            // Not bound: the link does not exist.
            assert e.errno() == Errno.ENOENT : e;
        }
        device.put("driver", driver);
        device.put("config", text(path + "/config"));
        device.put("chkstop", text(path + "/chkstop"));
        for (String optional : List.of("online", "status")) {
            String text = text(path + '/' + optional);
            if (!text.equals("!open ENOENT")) {
                device.put(optional, text);
            }
        }
        return device;
    }

    private String text(String path) {
        SysfsFile file;
        try {
            file = files.openToRead(path);
        } catch (ErrnoException e) {
            return "!open " + e.errno();
        }
        try {
            return file.show();
        } catch (ErrnoException e) {
            return "!read " + e.errno();
        }
    }

    private TreeSet<String> names(String path) {
        try {
            SysfsNode node = files.node(path);
            return node instanceof SysfsDirectory directory ? new TreeSet<>(directory.names()) : new TreeSet<>();
        } catch (ErrnoException e) {
            return new TreeSet<>(); // the bus does not exist
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.host.HostFiles;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The compact state of everything about AP, as the {@code state} step of a scenario tells it. */
public final class StateView {
    private static final List<String> BUS_FILES = List.of("apmask", "aqmask", "bindings", "ap_domain",
            "ap_adapter_mask", "ap_usage_domain_mask", "ap_control_domain_mask");
    private static final String INSTANCES = "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"
            + "/available_instances";
    private static final List<String> MDEV_FILES = List.of("matrix", "guest_matrix", "control_domains", "ap_config");
    private static final String NO_FILE = "!open ENOENT";

    /** Where the state is read: a simulated host, or a real kernel. */
    public interface Source {
        /** Returns the text of an attribute; for one that is refused {@code !open ERRNO} or {@code !read ERRNO}. */
        String text(String path);

        /** Returns the names in a directory, in order; none if there is no such directory. */
        List<String> names(String path);

        /** Returns the target of a link, null if there is no such link. */
        @Nullable
        String target(String path);
    }

    private final Source source;

    private StateView(Source source) {
        this.source = source;
    }

    /** Returns the state: bus files, then devices and mediated devices by name. */
    public static Map<String, Object> of(Source source) {
        return new StateView(source).state();
    }

    static Map<String, Object> of(HostFiles files) {
        return of(new SimulatedSource(files));
    }

    private Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        for (String name : BUS_FILES) {
            state.put(name, source.text("/sys/bus/ap/" + name));
        }
        state.put("available_instances", source.text(INSTANCES));
        Map<String, Object> devices = new LinkedHashMap<>();
        for (String name : source.names("/sys/bus/ap/devices")) {
            devices.put(name, device("/sys/bus/ap/devices/" + name));
        }
        state.put("devices", devices);
        Map<String, Object> mdevs = new LinkedHashMap<>();
        for (String name : source.names("/sys/bus/mdev/devices")) {
            Map<String, Object> mdev = new LinkedHashMap<>();
            for (String file : MDEV_FILES) {
                mdev.put(file, source.text("/sys/bus/mdev/devices/" + name + '/' + file));
            }
            mdevs.put(name, mdev);
        }
        state.put("mdevs", mdevs);
        return state;
    }

    private Map<String, @Nullable Object> device(String path) {
        Map<String, @Nullable Object> device = new LinkedHashMap<>();
        String driver = source.target(path + "/driver");
        device.put("driver", driver == null ? null : driver.substring(driver.lastIndexOf('/') + 1));
        device.put("config", source.text(path + "/config"));
        device.put("chkstop", source.text(path + "/chkstop"));
        for (String optional : List.of("online", "status")) {
            String text = source.text(path + '/' + optional);
            if (!text.equals(NO_FILE)) {
                device.put(optional, text);
            }
        }
        return device;
    }

    /** The files of a simulated host. */
    private record SimulatedSource(HostFiles files) implements Source {
        @Override
        public String text(String path) {
            OpenFile opened;
            try {
                opened = files.open(path, true, false);
            } catch (ErrnoException e) {
                return "!open " + e.errno();
            }
            try (OpenFile file = opened) {
                return HostFiles.readAll(file);
            } catch (ErrnoException e) {
                return "!read " + e.errno();
            }
        }

        @Override
        public List<String> names(String path) {
            try {
                return files.node(path) instanceof SysfsDirectory directory
                        ? List.copyOf(new TreeSet<>(directory.names()))
                        : List.of();
            } catch (ErrnoException e) {
                return List.of(); // the bus does not exist
            }
        }

        @Override
        public @Nullable String target(String path) {
            try {
                return files.readLink(path);
            } catch (ErrnoException e) {
                return null;
            }
        }
    }
}

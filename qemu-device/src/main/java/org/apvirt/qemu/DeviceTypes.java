// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.Set;

import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;

/** The device types of qemu-system-s390x, as far as {@code -device} tells them apart. Names observed with QEMU 7.2. */
final class DeviceTypes {
    static final String VFIO_AP = "vfio-ap";

    private static final Set<String> PLAIN = words("""
            vfio-ap vfio-ccw vfio-pci vfio-pci-nohotplug zpci diag288 x-terminal3270 sclpconsole sclplmconsole loader
            guest-loader virtconsole virtserialport pci-bridge pci-bridge-seat scsi-block scsi-cd scsi-generic scsi-hd
            vhost-scsi vhost-user-blk vhost-user-scsi vhost-user-input vhost-user-rng vhost-user-gpu
            virtio-input-host-device virtio-input-host-pci virtio-gpu-gl-device virtio-gpu-gl-pci virtio-mem-ccw
            virtio-md-ccw iothread-vq-mapping""");
    private static final Set<String> VIRTIO = words("""
            9p blk scsi net keyboard mouse serial tablet gpu balloon crypto iommu rng""");
    private static final Set<String> VHOST = words("""
            vhost-scsi vhost-user-blk vhost-user-fs vhost-user-scsi vhost-user-gpio vhost-user-i2c vhost-user-input
            vhost-user-rng vhost-user-gpu vhost-user-vsock vhost-vsock""");
    private static final Set<String> TRANSPORTS = words("""
            -ccw -device -pci -pci-transitional -pci-non-transitional""");
    private static final Set<String> NOT_PLUGGABLE = words("""
            ap-bridge sclp s390-flic s390-flic-qemu s390-pcihost s390-sclp-event-facility virtual-css-bridge s390-ipl
            s390-skeys-qemu sclp-cpu-hotplug sclpquiesce""");
    private static final Set<String> ABSTRACT = words("""
            device cpu s390x-cpu ap-device ccw-device virtio-ccw-device virtio-device pci-device sys-bus-device
            s390-skeys""");

    private DeviceTypes() {}

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    /**
     * Checks that a type can be plugged.
     *
     * @throws QemuException what QEMU says of one that cannot, or that is none
     */
    static void requirePluggable(String type) throws QemuException {
        if (ABSTRACT.contains(type)) {
            throw new QemuException("Parameter 'driver' expects a non-abstract device type");
        }
        if (NOT_PLUGGABLE.contains(type)) {
            throw new QemuException("Parameter 'driver' expects a pluggable device type");
        }
        if (!isKnown(type)) {
            throw new QemuException("'" + type + "' is not a valid device model name");
        }
    }

    /** Prints the properties of a type; those of types other than AP's are not known here. */
    static void printHelp(CommandLineObjects.WantedDevice device, QemuVersion version, QemuMessages messages) {
        String type = String.valueOf(device.options().driver());
        if (type.equals("help") || type.equals("?")) {
            return; // the list of all types
        }
        if (type.equals(VFIO_AP) || type.equals("vfio_ap") && version.has(QemuPolicy.UNDERSCORE_NAME)) {
            messages.print(VFIO_AP + " options:");
            if (version.has(QemuPolicy.IOMMUFD)) {
                messages.print("  fd=<string>");
                messages.print("  iommufd=<link<iommufd>> - Set host IOMMUFD backend device");
                messages.print("  sysfsdev=<str>         - Host sysfs path of assigned device");
            } else {
                messages.print("  sysfsdev=<str>");
            }
        } else if (type.equals("ap-bridge")) {
            messages.print("There are no options for ap-bridge.");
        } else if (!NOT_PLUGGABLE.contains(type) && !ABSTRACT.contains(type) && !isKnown(type)) {
            messages.report(device.option().place(), new QemuException("Device '" + type + "' not found"));
        }
    }

    private static boolean isKnown(String type) {
        return PLAIN.contains(type) || isTransported(type) || isCpu(type);
    }

    private static boolean isTransported(String type) {
        for (String transport : TRANSPORTS) {
            if (type.endsWith(transport)) {
                String base = type.substring(0, type.length() - transport.length());
                if (VHOST.contains(base) || base.startsWith("virtio-") && VIRTIO.contains(base.substring(7))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isCpu(String type) {
        if (!type.endsWith("-s390x-cpu")) {
            return false;
        }
        String model = type.substring(0, type.length() - "-s390x-cpu".length());
        String definition = model.endsWith("-base") ? model.substring(0, model.length() - "-base".length()) : model;
        return model.equals("max") || model.equals("qemu") || CpuDefinition.of(definition) != null;
    }
}

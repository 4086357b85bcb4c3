// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.vfio.EventFd;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The device {@code vfio-ap}: hands a mediated matrix device of the host to the guest.
 *
 * <p>While it is realized the mdev is open, so the guest's CRYCB has the masks of the mdev. Two events come from the
 * kernel: the host wants the device back, then it is unplugged; the guest's configuration changed, then the guest is told
 * through its channel subsystem.
 *
 * <p>Source: QEMU {@code hw/vfio/ap.c}, {@code device.c}.
 */
public final class VfioApDevice {
    private static final int REQUEST_IRQ = 0;
    private static final int CONFIG_CHANGE_IRQ = 1;

    private final @Nullable String id;
    private final String path;
    private final QemuVersion version;
    private final QemuMessages messages;
    private @Nullable String sysfsdev;
    private @Nullable String iommufd;
    private int fd = -1;
    private String name = "";
    private @Nullable AttachedDevice attached;

    /**
     * A device with its properties, not realized.
     *
     * @param path where it is in the machine, for example {@code /machine/peripheral/x}
     * @throws QemuException no such property, or a value that it does not take
     */
    VfioApDevice(DeviceOptions options, String path, MachineObjects objects, QemuVersion version,
            QemuMessages messages) throws QemuException {
        this.id = options.id();
        this.path = path;
        this.version = version;
        this.messages = messages;
        for (Map.Entry<String, Object> property : options.properties().entrySet()) {
            set(property.getKey(), property.getValue(), objects);
        }
    }

    private void set(String property, Object value, MachineObjects objects) throws QemuException {
        String known = version.has(QemuPolicy.IOMMUFD) || property.equals("sysfsdev") ? property : "";
        switch (known) {
            case "sysfsdev" -> sysfsdev = text(property, value);
            case "iommufd" -> {
                String object = text(property, value);
                objects.require(object, "iommufd");
                iommufd = object;
            }
            case "fd" -> {
                String number = text(property, value);
                if (!number.matches("[0-9]{1,9}")) {
                    throw new QemuException("Could not parse fd " + number + ":Invalid file descriptor number '"
                            + number + "'");
                }
                fd = Integer.parseInt(number);
            }
            default -> throw new QemuException("Property '" + DeviceTypes.VFIO_AP + "." + property + "' not found");
        }
    }

    private static String text(String property, Object value) throws QemuException {
        if (value instanceof String text) {
            return text;
        }
        throw new QemuException("Invalid parameter type for '" + property + "', expected: string");
    }

    /** Returns what of the host it has open, null if it has not, or looks only. */
    @Nullable
    AttachedDevice attached() {
        return attached;
    }

    /** Returns the id, null if it has none. */
    public @Nullable String id() {
        return id;
    }

    /** Returns where it is in the machine, for example {@code /machine/peripheral/x}. */
    public String path() {
        return path;
    }

    /** Returns the name of the mdev, its UUID; empty as long as the device is not realized. */
    public String name() {
        return name;
    }

    /**
     * Opens the mdev.
     *
     * @param vfio the devices of the host that this QEMU has open
     */
    void realize(HostVfio vfio) throws QemuException {
        if (!version.has(QemuPolicy.VFIO_NAMES_DEVICE)) {
            String given = sysfsdev == null ? "(null)" : sysfsdev;
            name = baseName(given);
            attached = vfio.attach(null, name, given);
            return;
        }
        name = nameOf(vfio.host());
        try {
            if (fd >= 0) { // no descriptor that QEMU could have inherited is a device
                throw new QemuException("error bind device fd=" + fd + " to iommufd=-1: " + Errno.EBADF.text());
            }
            attached = vfio.attach(iommufd, name, String.valueOf(sysfsdev));
        } catch (QemuException e) {
            throw e.prepend("vfio " + name + ": ");
        }
    }

    /** Checks what can be said without the host: whether the properties name a mediated device at all. */
    void realizeNowhere() throws QemuException {
        if (!version.has(QemuPolicy.VFIO_NAMES_DEVICE)) {
            if (sysfsdev == null || sysfsdev.isEmpty()) {
                throw VfioGroups.noGroup(Path.of(sysfsdev == null ? "(null)" : "/"), Errno.ENOENT.text(), false);
            }
        } else if (fd >= 0 && iommufd == null || fd < 0 && (sysfsdev == null || sysfsdev.isEmpty())) {
            throw fd >= 0 ? fdWithoutIommufd() : noSuchDevice(sysfsdev);
        }
    }

    private static QemuException fdWithoutIommufd() {
        return new QemuException("Use FD passing only with iommufd backend");
    }

    /** What stat(2) says of no name, or of an empty one. */
    private static QemuException noSuchDevice(@Nullable String given) {
        Errno errno = given == null ? Errno.EFAULT : Errno.ENOENT;
        return new QemuException("vfio " + (given == null ? "(null)" : given) + ": no such host device: "
                + errno.text());
    }

    private String nameOf(HostAccess host) throws QemuException {
        if (fd >= 0) {
            if (iommufd == null) {
                throw fdWithoutIommufd();
            }
            return "VFIO_FD" + fd;
        }
        String given = sysfsdev;
        if (given == null || given.isEmpty()) {
            throw noSuchDevice(given);
        }
        try {
            Files.readAttributes(host.path(given), "isDirectory");
        } catch (IOException e) {
            throw new QemuException("vfio " + given + ": no such host device: " + FileErrors.text(e));
        }
        return baseName(given);
    }

    /** Returns the last part of a path name; slashes at its end do not count. */
    static String baseName(String path) {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        if (end == 0) {
            return path.isEmpty() ? "." : "/";
        }
        return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
    }

    /**
     * Connects the kernel's events. What cannot be connected draws a warning and is done without.
     *
     * @param warningPlace the option that the warning names
     * @param requested run when the host wants the device back; called with locks of the kernel held
     * @param configurationChanged run when the guest's masks changed; the same
     */
    void connectEvents(QemuOption.Place warningPlace, Runnable requested, Runnable configurationChanged) {
        if (version.has(QemuPolicy.REQUEST_IRQ)) {
            connect(REQUEST_IRQ, warningPlace, requested);
        }
        if (version.has(QemuPolicy.CONFIG_CHANGE_IRQ)) {
            connect(CONFIG_CHANGE_IRQ, warningPlace, configurationChanged);
        }
    }

    private void connect(int irq, QemuOption.Place warningPlace, Runnable action) {
        AttachedDevice open = attached;
        if (open == null) {
            return;
        }
        int count = open.file().irqCount();
        String failure;
        if (irq >= count) {
            failure = "vfio: IRQ " + irq + " not available (number of irqs " + count + ")";
        } else {
            EventFd event = new EventFd();
            event.onSignal(action);
            try {
                open.file().setIrq(irq, event);
                return;
            } catch (ErrnoException e) {
                failure = "Failed to set up TRIGGER eventfd signaling for interrupt: " + e.errno().text();
            }
        }
        messages.report(warningPlace.text() + "warning: " + failure);
    }

    /** Resets the queues of the mdev. A failure is printed, the machine goes on. */
    void reset() {
        AttachedDevice open = attached;
        if (open == null) {
            return;
        }
        try {
            open.file().reset();
        } catch (ErrnoException e) {
            messages.report("vfio_ap_reset: failed to reset " + name + " device: " + e.errno().text());
        }
    }

    /** Closes the mdev: the kernel takes the masks from the guest and resets the queues. */
    void unrealize() {
        AttachedDevice open = attached;
        attached = null;
        if (open == null) {
            return;
        }
        for (int irq = 0; irq < Math.min(open.file().irqCount(), 2); irq++) {
            try {
                open.file().setIrq(irq, null);
            } catch (ErrnoException e) {
                throw new IllegalStateException("the interrupt was there when the device was realized", e);
            }
        }
        open.detach();
    }
}

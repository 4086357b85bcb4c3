// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.DeviceClass;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsText;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Class {@code zcrypt}: additional device nodes with fewer rights than {@code /dev/z90crypt}, for containers.
 * Source: Linux {@code zcrypt_api.c}, {@code zcdn_create}, {@code zcdn_destroy}.
 */
public final class ZcryptNodes {
    private static final int MAX_NODES = 256;
    private static final int MAX_NAME = 31;
    private static final int MAJOR = 252; // the kernel takes one that is free

    private static final AttributeGroup<ZcryptNodes> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.<ZcryptNodes>wo("create", ZcryptNodes::create).withMode(0600),
            SysfsAttribute.<ZcryptNodes>wo("destroy", ZcryptNodes::destroy).withMode(0600));

    private final ZcryptModule zcrypt;
    private final Kernel kernel;
    private final DeviceClass deviceClass = new DeviceClass("zcrypt");
    @GuardedBy("this")
    private final SortedMap<Integer, ClassDevice> devices = new TreeMap<>(); // by minor number

    /** The class, not yet visible. */
    public ZcryptNodes(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
        this.kernel = zcrypt.kernel();
    }

    /** Makes the class visible. */
    public void add() {
        deviceClass.addGroup(ATTRIBUTES.on(this));
        kernel.addClass(deviceClass);
        kernel.uevent("add", "/class/zcrypt", "class", List.of(), List.of());
    }

    /** Takes the class away, and all nodes with it, by number. */
    public synchronized void remove() {
        devices.values().forEach(ClassDevice::remove);
        devices.clear();
        kernel.removeClass(deviceClass);
        kernel.uevent("remove", "/class/zcrypt", "class", List.of(), List.of());
    }

    private static String name(String text) {
        String line = SysfsText.trim(text);
        return line.length() > MAX_NAME ? SysfsText.trim(line.substring(0, MAX_NAME)) : line;
    }

    /** Returns a node by the name of its device, in which an exclamation mark stands for a slash. */
    @GuardedBy("this")
    private @Nullable ClassDevice find(String name) {
        return devices.values().stream().filter(device -> device.name().equals(name)).findFirst().orElse(null);
    }

    private static ErrnoException exists(String name) {
        return new ErrnoException(Errno.EEXIST, "zcrypt node '" + name + "' exists");
    }

    /**
     * A write to {@code create}. An empty name becomes {@code zcrypt_MINOR}.
     *
     * @throws ErrnoException EEXIST: there is a node of that name. ENOSPC: there are 256 nodes
     */
    private synchronized void create(String text) throws ErrnoException {
        String given = name(text);
        if (find(given) != null) {
            throw exists(given);
        }
        int minor = 0;
        while (devices.containsKey(minor)) {
            minor++;
        }
        if (minor == MAX_NODES) {
            throw new ErrnoException(Errno.ENOSPC, "there are " + MAX_NODES + " zcrypt nodes");
        }
        String name = given.isEmpty() ? "zcrypt_" + minor : given;
        if (find(name) != null) {
            throw exists(name);
        }
        String deviceName = name.replace('/', '!');
        if (find(deviceName) != null) { // only the file system notices
            kernel.log("sysfs: cannot create duplicate filename '/devices/virtual/zcrypt/" + deviceName + "'");
            kernel.log("kobject: kobject_add_internal failed for " + deviceName
                    + " with -EEXIST, don't try to register things with the same name in the same directory.");
            throw exists(name);
        }
        ZcryptNode node = new ZcryptNode(kernel.has(DeviceQuirk.NUMBERS_WRAP));
        CharDevice file = new CharDevice(0600, MAJOR, minor, () -> ZcryptFile.open(zcrypt, node));
        ClassDevice device = new ClassDevice(kernel, deviceClass, deviceName, null, deviceName.replace('!', '/'), file);
        device.addGroup(ZcryptNode.ATTRIBUTES.on(node));
        devices.put(minor, device);
        device.add();
    }

    /**
     * A write to {@code destroy}.
     *
     * @throws ErrnoException ENOENT: there is no node of that name
     */
    private synchronized void destroy(String text) throws ErrnoException {
        String name = name(text);
        ClassDevice device = find(name);
        if (device == null) {
            throw new ErrnoException(Errno.ENOENT, "no zcrypt node '" + SysfsText.printable(name) + "'");
        }
        devices.remove(device.minor());
        device.remove();
    }
}

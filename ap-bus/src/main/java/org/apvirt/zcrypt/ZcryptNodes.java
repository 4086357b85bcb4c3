package org.apvirt.zcrypt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.CharDevice;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.DeviceClass;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsAttribute;

/**
 * Class {@code zcrypt}: additional device nodes with fewer rights than {@code /dev/z90crypt}, for containers.
 * Source: Linux {@code zcrypt_api.c}, {@code zcdn_create}, {@code zcdn_destroy}.
 */
public final class ZcryptNodes {
    private static final int MAX_NODES = 256;
    private static final int MAX_NAME = 31;
    private static final int MAJOR = 252; // the kernel takes one that is free

    private static final List<SysfsAttribute<ZcryptNodes>> ATTRIBUTES = List.of(
            SysfsAttribute.<ZcryptNodes>wo("create", ZcryptNodes::create).withMode(0600),
            SysfsAttribute.<ZcryptNodes>wo("destroy", ZcryptNodes::destroy).withMode(0600));

    private final ZcryptModule zcrypt;
    private final Kernel kernel;
    private final DeviceClass deviceClass = new DeviceClass("zcrypt");
    private final Map<String, ClassDevice> devices = new LinkedHashMap<>(); // by name; guarded by this
    private final boolean[] minors = new boolean[MAX_NODES]; // guarded by this

    /** The class, not yet visible. */
    public ZcryptNodes(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
        this.kernel = zcrypt.kernel();
    }

    /** Makes the class visible. */
    public void add() {
        deviceClass.addAttributes(this, ATTRIBUTES);
        kernel.addClass(deviceClass);
        kernel.uevent("add", "/class/zcrypt", "class", List.of(), List.of());
    }

    /** Takes the class away, and all nodes with it. */
    public synchronized void remove() {
        devices.values().forEach(ClassDevice::remove);
        devices.clear();
        kernel.removeClass(deviceClass);
        kernel.uevent("remove", "/class/zcrypt", "class", List.of(), List.of());
    }

    private static String name(String text) {
        String line = text.stripLeading();
        int nul = line.indexOf('\0');
        String name = nul < 0 ? line : line.substring(0, nul);
        return (name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name).stripTrailing();
    }

    /**
     * A write to {@code create}. An empty name becomes {@code zcrypt_MINOR}.
     *
     * @throws ErrnoException EEXIST: there is a node of that name. ENOSPC: there are 256 nodes
     */
    private synchronized void create(String text) throws ErrnoException {
        String given = name(text);
        if (devices.containsKey(given)) {
            throw new ErrnoException(Errno.EEXIST, "zcrypt node '" + given + "' exists");
        }
        int minor = 0;
        while (minor < MAX_NODES && minors[minor]) {
            minor++;
        }
        if (minor == MAX_NODES) {
            throw new ErrnoException(Errno.ENOSPC, "there are " + MAX_NODES + " zcrypt nodes");
        }
        String name = given.isEmpty() ? "zcrypt_" + minor : given;
        if (devices.containsKey(name)) {
            throw new ErrnoException(Errno.EEXIST, "zcrypt node '" + name + "' exists");
        }
        ZcryptNode node = new ZcryptNode(kernel.has(ApQuirk.MASK_NUMBERS_WRAP));
        CharDevice file = new CharDevice(0600, MAJOR, minor, () -> ZcryptFile.open(zcrypt, node));
        ClassDevice device = new ClassDevice(kernel, deviceClass, name.replace('/', '!'), null, name, file);
        device.addAttributes(node, ZcryptNode.ATTRIBUTES);
        minors[minor] = true;
        devices.put(name, device);
        device.add();
    }

    /**
     * A write to {@code destroy}.
     *
     * @throws ErrnoException ENOENT: there is no node of that name
     */
    private synchronized void destroy(String text) throws ErrnoException {
        String name = name(text);
        ClassDevice device = devices.remove(name);
        if (device == null) {
            throw new ErrnoException(Errno.ENOENT, "no zcrypt node '" + name + "'");
        }
        minors[device.minor()] = false;
        device.remove();
    }
}

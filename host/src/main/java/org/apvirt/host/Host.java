// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.arch.ApPlatform;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.Tracing;
import org.apvirt.kvm.Kvm;
import org.apvirt.kvm.KvmGuest;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.Vfio;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A booted Linux: a kernel on a machine, its modules, its files. The machine may be the simulated one, a real one, or
 * the virtual machine of a KVM guest; the kernel cannot tell.
 */
public final class Host {
    private final ApPlatform platform;
    private final Level level;
    private final Kernel kernel;
    private final @Nullable ApBus bus;
    private final SysfsDirectory root;
    private final HostFiles files;
    private final ModuleLoader modules;
    private final List<Consumer<? super KvmGuest>> guestListeners = new CopyOnWriteArrayList<>();

    private Host(ApPlatform platform, HostOptions options) {
        this.platform = platform;
        this.level = options.level();
        this.kernel = new Kernel(platform.time(), options.quirks());
        Tracing.of(kernel);
        Map<String, String> given = KernelCommandLine.parameters(options.kernelParameters(), "ap");
        this.bus = ApBus.start(kernel, platform, ApBusParameters.of(given));
        UltravisorFiles.add(kernel, platform);
        this.root = new HostRoot(kernel);
        this.files = new HostFiles(root);
        Vfio.of(kernel);
        this.modules = new ModuleLoader(kernel, bus);
    }

    /** Boots a kernel on the simulated machine. */
    public static Host boot(SimulatedMachine machine, HostOptions options) {
        return boot(machine.platform(), options);
    }

    /**
     * Boots a kernel and loads its modules, each with what it depends on. A module that refuses to load, for example
     * because the machine has no AP instructions, stays away, as on a real system.
     */
    public static Host boot(ApPlatform platform, HostOptions options) {
        Host host = new Host(platform, options);
        Kvm.start(host.kernel, host::newGuest).register(KvmVfioDevice.TYPE, KvmVfioDevice::of);
        for (String module : options.modules()) {
            try {
                host.modules.loadWithDependencies(module);
            } catch (ErrnoException e) {
                host.kernel.log(module + ": " + e.getMessage());
            }
        }
        return host;
    }

    /** Returns the machine. */
    public ApPlatform platform() {
        return platform;
    }

    /** Returns which kernel is played. */
    public Level level() {
        return level;
    }

    /** Returns the kernel. */
    public Kernel kernel() {
        return kernel;
    }

    /** Returns the AP bus, null if the machine has no AP instructions. */
    public @Nullable ApBus bus() {
        return bus;
    }

    /** Returns the root directory; it holds {@code sys} and {@code dev}. */
    public SysfsDirectory root() {
        return root;
    }

    /** Returns the files below the root directory. */
    public HostFiles files() {
        return files;
    }

    /**
     * Loads a module without parameters as insmod(8) does.
     *
     * @throws ErrnoException as {@link #insmod(String, String)}
     */
    public void insmod(String module) throws ErrnoException {
        insmod(module, "");
    }

    /** Returns the modules that are loaded, in order; one that is just being unloaded is among them. */
    public List<String> modules() {
        return modules.names();
    }

    /**
     * Loads a module as insmod(8) does.
     *
     * @param module its name; hyphens and underscores are the same
     * @param parameters {@code NAME=VALUE}, separated by blanks; one that the module does not know is ignored
     * @throws ErrnoException ENOENT: no such module, or one that it depends on is not loaded. EEXIST: it is loaded.
     *     EINVAL, ERANGE: the value of a parameter. Else what its start answers
     */
    public void insmod(String module, String parameters) throws ErrnoException {
        modules.load(module, parameters);
    }

    /**
     * Unloads a module: delete_module(2).
     *
     * @param module its name, which has underscores and no hyphens
     * @throws ErrnoException ENOENT: it is not loaded. EAGAIN: it is in use
     */
    public void rmmod(String module) throws ErrnoException {
        modules.unload(module);
    }

    /**
     * Reads an attribute.
     *
     * @throws ErrnoException as {@link HostFiles#read}
     */
    public String read(String path) throws ErrnoException {
        return files.read(path);
    }

    /**
     * Writes an attribute.
     *
     * @return the number of bytes taken
     * @throws ErrnoException as {@link HostFiles#write}
     */
    public int write(String path, String text) throws ErrnoException {
        return files.write(path, text);
    }

    /**
     * Returns the target of a link.
     *
     * @throws ErrnoException as {@link HostFiles#readLink}
     */
    public String readLink(String path) throws ErrnoException {
        return files.readLink(path);
    }

    /** Hands each virtual machine that is made on this host from now on to a listener. */
    public AutoCloseable onGuest(Consumer<? super KvmGuest> listener) {
        guestListeners.add(listener);
        return () -> guestListeners.remove(listener);
    }

    /** Makes a virtual machine: KVM_CREATE_VM. */
    public KvmGuest newGuest() {
        KvmGuest guest = new KvmGuest(platform);
        guestListeners.forEach(listener -> listener.accept(guest));
        return guest;
    }
}

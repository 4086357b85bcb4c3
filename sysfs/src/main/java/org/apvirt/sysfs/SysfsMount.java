package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.jna.LastErrorException;
import org.apvirt.device.Errno;
import org.apvirt.device.SysfsDirectory;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A tree mounted for every program of this mount namespace, by the kernel's own FUSE protocol. Needs {@code /dev/fuse}
 * and the right to mount: root, or root of a user namespace.
 *
 * <p>The mount lives until {@link #close}, at the latest until the process ends in an orderly way (end of the program,
 * SIGINT, SIGTERM). After a kill -9 the mount point answers ENOTCONN; the next {@link #mount} there clears it.
 */
public final class SysfsMount implements AutoCloseable {
    private final Path directory;
    private final FuseDevice device;
    private final FuseServer server;
    private final KeptNames keptNames;
    private @Nullable Thread atExit; // guarded by this
    private boolean mounted = true; // guarded by this

    private SysfsMount(Path directory, FuseDevice device, FuseServer server, KeptNames keptNames) {
        this.directory = directory;
        this.device = device;
        this.server = server;
        this.keptNames = keptNames;
    }

    /**
     * Mounts a tree and returns when the mount answers.
     *
     * @param root what the mount point shows
     * @param directory an existing directory
     * @throws IOException with one line that names the cause and the remedy
     */
    public static SysfsMount mount(SysfsDirectory root, Path directory) throws IOException {
        return mount(root, directory, SysfsTraffic.NONE);
    }

    /**
     * Mounts a tree and tells what programs read and write.
     *
     * @param root what the mount point shows
     * @param directory an existing directory
     * @param traffic hears each read and write
     * @throws IOException with one line that names the cause and the remedy
     */
    public static SysfsMount mount(SysfsDirectory root, Path directory, SysfsTraffic traffic) throws IOException {
        Path target = directory.toAbsolutePath();
        clearStale(target);
        FuseDevice device = FuseDevice.open();
        try {
            String options = "fd=" + device.descriptor() + ",rootmode=40000,user_id=" + LinuxCalls.geteuid()
                    + ",group_id=" + LinuxCalls.getegid() + ",allow_other,default_permissions";
            LinuxCalls.mount("apvirt", target.toString(), "fuse.apvirt", LinuxCalls.MS_NOSUID | LinuxCalls.MS_NODEV,
                    options);
        } catch (LastErrorException e) {
            device.close();
            throw refused(target, e);
        }
        FuseServer server = new FuseServer(root, traffic);
        SysfsMount mount = new SysfsMount(target, device, server, KeptNames.of(root, device, server));
        new FuseListeners(device, server).start();
        try {
            mount.unmountAtExit();
            mount.probe();
        } catch (IOException | IllegalStateException e) {
            mount.unmount();
            throw e;
        }
        return mount;
    }

    private static IOException refused(Path target, LastErrorException e) {
        String remedy = e.getErrorCode() == Errno.EPERM.number()
                ? "run as root, or inside 'unshare -rm'"
                : "the mount point must be an existing directory";
        return new IOException(
                "cannot mount on " + target + ": " + LinuxCalls.strerror(e.getErrorCode()) + "; " + remedy,
                e);
    }

    /** Takes away what a killed process left: a mount that only answers ENOTCONN. */
    private static void clearStale(Path target) throws IOException {
        while (true) {
            try {
                // Opening asks the file system; stat would be content with attributes that the kernel has kept.
                LinuxCalls.close(LinuxCalls.open(target.toString(), LinuxCalls.O_CLOEXEC));
                return;
            } catch (LastErrorException e) {
                if (e.getErrorCode() != Errno.ENOTCONN.number()) {
                    return; // mount itself will say what is wrong
                }
            }
            try {
                LinuxCalls.umount2(target.toString(), LinuxCalls.MNT_DETACH);
            } catch (LastErrorException e) {
                throw new IOException("a dead mount lies on " + target + " and cannot be removed: "
                        + LinuxCalls.strerror(e.getErrorCode()) + "; try 'umount -l " + target + "' as root", e);
            }
        }
    }

    private synchronized void unmountAtExit() {
        Thread hook = new Thread(this::unmount, "apvirt-unmount");
        Runtime.getRuntime().addShutdownHook(hook);
        atExit = hook;
    }

    private void probe() throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.iterator().hasNext();
        }
    }

    /** Returns the mount point. */
    public Path directory() {
        return directory;
    }

    /** Returns how many node ids and open files the kernel holds: what must not grow without bound. */
    public int held() {
        return server.held();
    }

    /** Unmounts. Programs that still use the mount get ENOTCONN or ECONNABORTED. Closing again does nothing. */
    @Override
    public void close() {
        Thread hook;
        synchronized (this) {
            hook = atExit;
            atExit = null;
        }
        if (hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending; the hook does the same as we.
            }
        }
        unmount();
    }

    private synchronized void unmount() {
        if (!mounted) {
            return;
        }
        mounted = false;
        keptNames.close();
        if (!detach(0)) {
            detach(LinuxCalls.MNT_FORCE); // in use: abort the connection, then take it out of the tree
            detach(LinuxCalls.MNT_DETACH);
        }
        device.close();
    }

    private boolean detach(int flags) {
        try {
            LinuxCalls.umount2(directory.toString(), flags);
            return true;
        } catch (LastErrorException e) {
            return e.getErrorCode() != Errno.EBUSY.number(); // else it is no longer mounted
        }
    }
}

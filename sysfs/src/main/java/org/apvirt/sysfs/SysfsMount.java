// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.jna.LastErrorException;
import org.apvirt.device.Errno;
import org.apvirt.device.SysfsDirectory;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A tree mounted for every program of this mount namespace, by the kernel's own FUSE protocol. Needs {@code /dev/fuse}
 * and the right to mount: root, or root of a user namespace.
 *
 * <p>The mount lives until {@link #close}, at the latest until the process ends in an orderly way (end of the program,
 * SIGINT, SIGTERM). After a kill -9 the mount point answers ENOTCONN; the next {@link #mount} there clears it. A directory
 * shows one machine only, and only its own mount is ever taken away.
 */
public final class SysfsMount implements AutoCloseable {
    private final Path directory;
    private final FuseDevice device;
    private final FuseServer server;
    private final KeptNames keptNames;
    private final FuseListeners listeners;
    private final int id; // of the mount, as the mount table has it; 0: it is never unmounted
    @GuardedBy("this")
    private @Nullable Thread atExit;
    @GuardedBy("this")
    private boolean mounted = true;

    private SysfsMount(Path directory, FuseDevice device, FuseServer server, SysfsDirectory root, int id) {
        this.directory = directory;
        this.device = device;
        this.server = server;
        this.id = id;
        keptNames = KeptNames.of(root, device, server);
        listeners = new FuseListeners(device, server);
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
        Path target = place(directory);
        clearStale(target);
        FuseDevice device = FuseDevice.open();
        int id;
        try {
            int lock = LinuxCalls.open(target.toString(), LinuxCalls.O_CLOEXEC);
            try {
                LinuxCalls.flock(lock, LinuxCalls.LOCK_EX); // of two that come at once, the second sees the first
                MountTable.Mount there = MountTable.read().top(target);
                if (there != null && there.isOurs()) {
                    throw new IOException(
                            target + " shows a machine already; unmount it first, or take another directory");
                }
                mount(device, target);
                MountTable.Mount own = MountTable.read().top(target);
                id = own == null ? 0 : own.id();
            } finally {
                LinuxCalls.close(lock);
            }
        } catch (LastErrorException e) {
            device.close();
            throw refused(target, e);
        } catch (IOException e) {
            device.close();
            throw e;
        }
        SysfsMount mount = new SysfsMount(target, device, new FuseServer(root, traffic), root, id);
        mount.unmountAtExit();
        mount.start();
        return mount;
    }

    /**
     * Mounts a tree for good: when this process ends, however, the mount stays where it is and answers ENOTCONN.
     *
     * @param directory an existing directory
     */
    static SysfsMount cover(SysfsDirectory root, Path directory, SysfsTraffic traffic) throws IOException {
        FuseDevice device = FuseDevice.open();
        try {
            mount(device, directory);
        } catch (LastErrorException e) {
            device.close();
            throw refused(directory, e);
        }
        SysfsMount mount = new SysfsMount(directory, device, new FuseServer(root, traffic), root, 0);
        mount.start();
        return mount;
    }

    private static void mount(FuseDevice device, Path target) throws LastErrorException {
        String options = "fd=" + device.descriptor() + ",rootmode=40000,user_id=" + LinuxCalls.geteuid()
                + ",group_id=" + LinuxCalls.getegid() + ",allow_other,default_permissions";
        LinuxCalls.mount("apvirt", target.toString(), MountTable.OURS, LinuxCalls.MS_NOSUID | LinuxCalls.MS_NODEV,
                options);
    }

    private void start() throws IOException {
        listeners.start();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.iterator().hasNext(); // returns when the mount answers
        } catch (IOException | IllegalStateException e) {
            close();
            throw e;
        }
    }

    /** Returns the name that the mount table gives a directory, which may be what a killed process left there. */
    private static Path place(Path directory) throws IOException {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            Path absolute = directory.toAbsolutePath().normalize();
            Path parent = absolute.getParent();
            Path name = absolute.getFileName();
            return parent == null || name == null || !Files.isDirectory(parent)
                    ? absolute // mount itself will say what is wrong
                    : parent.toRealPath().resolve(name);
        }
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
            MountTable.Mount dead = MountTable.read().top(target);
            if (dead == null || !dead.isOurs()) {
                return; // another program's, which may want it back
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

    /**
     * Waits until the mount is no more.
     *
     * @return whether somebody else has ended it: by umount(8), or by aborting its connection
     */
    public boolean awaitEnd() throws InterruptedException {
        listeners.awaitEnd();
        synchronized (this) {
            return mounted;
        }
    }

    private synchronized void unmount() {
        if (!mounted) {
            return;
        }
        mounted = false;
        keptNames.close();
        if (id != 0) {
            unmountOwn();
        }
        device.close();
    }

    /** Whatever else lies on the directory is not ours to take away. */
    private void unmountOwn() {
        MountTable.Mount top;
        try {
            MountTable table = MountTable.read();
            top = table.top(directory);
            if (top == null || top.id() != id) {
                if (table.byId(id) != null) {
                    System.getLogger(SysfsMount.class.getName()).log(System.Logger.Level.WARNING,
                            "the mount on " + directory + " stays, dead: another lies over it");
                }
                return;
            }
        } catch (IOException e) {
            throw new IllegalStateException(e); // /proc was there when we mounted
        }
        if (!detach(0)) {
            detach(LinuxCalls.MNT_FORCE); // in use: abort the connection, then take it out of the tree
            detach(LinuxCalls.MNT_DETACH);
        }
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

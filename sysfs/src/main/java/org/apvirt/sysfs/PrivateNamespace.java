package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.sun.jna.LastErrorException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsTree;

/**
 * Brings a tree over {@code /sys} of the mount namespace that this process is in, which must be its own: every program
 * of the namespace then sees the simulated machine. What the tree has no answer for stays the real machine's: {@code
 * /sys/fs}, {@code firmware}, {@code hypervisor}, {@code power}, {@code devices/system}, and what {@code kernel} has
 * besides. All other buses, classes, devices and modules of the real machine are hidden.
 */
public final class PrivateNamespace {
    private static final Path SYS = Path.of("/sys");
    private static final Path RUN = Path.of("/run");
    private static final List<String> REAL = List.of("fs", "firmware", "hypervisor", "power", "devices/system");

    private PrivateNamespace() {}

    /**
     * Mounts the tree on {@code /sys}. The mount ends with this process or the namespace.
     *
     * @param sys what {@code /sys} shows
     * @param traffic hears each read and write
     * @param outer {@link #id} of the namespace that this one was made from, which must be another
     * @throws IOException with one line, if the kernel does not let us or the namespace is the outer one
     */
    public static SysfsMount coverSys(SysfsDirectory sys, SysfsTraffic traffic, String outer)
            throws IOException {
        requireOwn(outer);
        List<String> real = realParts(sys);
        Path scratch = Files.createTempDirectory("apvirt");
        try {
            bind(SYS, scratch);
            try {
                SysfsDirectory merged = sys;
                for (String part : real) {
                    merged = MountPoint.in(merged, part);
                }
                SysfsMount mount = SysfsMount.mount(merged, SYS, traffic);
                for (String part : real) {
                    bind(scratch.resolve(part), SYS.resolve(part));
                }
                return mount;
            } finally {
                LinuxCalls.umount2(scratch.toString(), LinuxCalls.MNT_DETACH);
            }
        } catch (LastErrorException e) {
            throw new IOException("cannot cover /sys: " + LinuxCalls.strerror(e.getErrorCode()), e);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    /**
     * Returns the name of the mount namespace that this process is in, for example {@code mnt:[4026531832]}.
     *
     * @throws IOException there is no /proc
     */
    public static String id() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
    }

    /** Covering the /sys that everybody uses would hide the real machine from them. */
    static void requireOwn(String outer) throws IOException {
        if (id().equals(outer)) {
            throw new IOException("this mount namespace is not our own; run inside 'unshare -m'");
        }
    }

    private static List<String> realParts(SysfsDirectory sys) throws IOException {
        List<String> parts = new ArrayList<>();
        for (String part : REAL) {
            if (Files.isDirectory(SYS.resolve(part))) {
                parts.add(part);
            }
        }
        SysfsTree tree = new SysfsTree(sys);
        if (Files.isDirectory(SYS.resolve("kernel"))) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(SYS.resolve("kernel"), Files::isDirectory)) {
                for (Path entry : entries) {
                    String name = SYS.relativize(entry).toString();
                    if (tree.at(List.of(name.split("/"))) == null) {
                        parts.add(name);
                    }
                }
            }
        }
        return parts;
    }

    /**
     * Covers a directory by an empty one that shows its entries again, so that others can be added beside them.
     *
     * @param hidden names that are not shown
     * @return the names that are
     */
    static Set<String> reopen(Path directory, List<String> hidden) throws IOException {
        Path scratch = Files.createTempDirectory("apvirt");
        try {
            bind(directory, scratch);
            LinuxCalls.mount("tmpfs", directory.toString(), "tmpfs", LinuxCalls.MS_NOSUID | LinuxCalls.MS_NODEV,
                    "mode=755");
            Set<String> names = new HashSet<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(scratch)) {
                for (Path entry : entries) {
                    String name = scratch.relativize(entry).toString();
                    if (!hidden.contains(name)) {
                        show(entry, directory.resolve(name));
                        names.add(name);
                    }
                }
            }
            LinuxCalls.umount2(scratch.toString(), LinuxCalls.MNT_DETACH);
            return names;
        } catch (LastErrorException e) {
            throw new IOException("cannot cover " + directory + ": " + LinuxCalls.strerror(e.getErrorCode()), e);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    /** Shows an entry of any type at a place where there is none yet. */
    static void show(Path from, Path to) throws IOException {
        if (Files.isSymbolicLink(from)) {
            Files.createSymbolicLink(to, Files.readSymbolicLink(from));
            return;
        }
        if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(to);
        } else {
            Files.createFile(to);
        }
        bind(from, to);
    }

    /**
     * Gives the namespace a {@code /run} of its own, which shows the entries of the real one, but for what its udevd keeps.
     * Programs see that a udevd runs, as libudev asks before it listens, and have {@code /run/lock}.
     *
     * @param outer as for {@link #coverSys}
     * @throws IOException with one line, if the kernel does not let us or the namespace is the outer one
     */
    public static void coverRun(String outer) throws IOException {
        requireOwn(outer);
        if (!Files.isDirectory(RUN)) {
            return; // an old or a small system
        }
        Set<String> real = reopen(RUN, List.of("udev"));
        Files.createFile(Files.createDirectory(RUN.resolve("udev")).resolve("control"));
        if (!real.contains("lock")) {
            Files.createDirectory(RUN.resolve("lock"));
        }
    }

    static void bind(Path from, Path to) throws IOException {
        try {
            LinuxCalls.mount(from.toString(), to.toString(), "none", LinuxCalls.MS_BIND | LinuxCalls.MS_REC, "");
        } catch (LastErrorException e) {
            throw new IOException("cannot bind " + from + " on " + to + ": " + LinuxCalls.strerror(e.getErrorCode()),
                    e);
        }
    }

    /**
     * Gives the namespace an {@code /etc} of its own: the real one with a layer over it that takes the changes and goes
     * with the namespace. So a definition made for a simulated machine does not stay on the real one.
     *
     * @param outer as for {@link #coverSys}
     * @throws IOException with one line, if the kernel does not let us or the namespace is the outer one
     */
    public static void coverEtc(String outer) throws IOException {
        requireOwn(outer);
        Path scratch = Files.createTempDirectory("apvirt");
        try {
            LinuxCalls.mount("tmpfs", scratch.toString(), "tmpfs", 0, "mode=700");
            try {
                Path upper = Files.createDirectory(scratch.resolve("upper"));
                Path work = Files.createDirectory(scratch.resolve("work"));
                upper.toFile().setReadable(true, false);
                upper.toFile().setExecutable(true, false);
                LinuxCalls.mount("apvirt", "/etc", "overlay", 0,
                        "lowerdir=/etc,upperdir=" + upper + ",workdir=" + work + ",userxattr");
            } finally {
                LinuxCalls.umount2(scratch.toString(), LinuxCalls.MNT_DETACH);
            }
        } catch (LastErrorException e) {
            throw new IOException("cannot cover /etc: " + LinuxCalls.strerror(e.getErrorCode()), e);
        } finally {
            Files.deleteIfExists(scratch);
        }
    }
}

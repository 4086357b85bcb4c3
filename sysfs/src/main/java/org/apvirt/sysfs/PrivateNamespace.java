// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.sun.jna.LastErrorException;
import org.apvirt.device.Errno;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsTree;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Makes the mount namespace that this process is in, which must be its own, one whose programs see a simulated machine:
 * over {@code /sys}, beside the entries of {@code /dev}, with an {@code /etc} and a {@code /run} of their own.
 *
 * <p><b>What is covered stays covered</b>, whoever ends first. Nothing here is ever unmounted; a cover whose server has
 * ended answers ENOTCONN. As root the real {@code /sys} and {@code /dev} are taken out of the namespace, so that no device lies
 * under the covers; an ordinary user, in a user namespace, is not let do that, and has no rights there either.
 *
 * <p>Of the real machine there stay, read-only unless {@code hostWritable}: of {@code /sys} what the tree has no answer for
 * ({@link #REAL} and the rest of {@code kernel}), of {@code /dev} the devices, which can be seen. Opened can be only those
 * that every program needs: {@link RealDevices}.
 *
 * <p>{@link #coverDev} comes first: the others build what they put in place in a directory below the new {@code /dev}, so
 * that a process killed meanwhile leaves no trace on the real machine.
 */
public final class PrivateNamespace {
    static final Path DEV = Path.of("/dev");
    private static final Path SYS = Path.of("/sys");
    private static final Path RUN = Path.of("/run");
    private static final Path ETC = Path.of("/etc");
    private static final Path STAGE = DEV.resolve(".apvirt-stage");
    private static final List<String> REAL = List.of("fs", "firmware", "hypervisor", "power", "devices/system");

    private final boolean hostWritable;

    private PrivateNamespace(boolean hostWritable) {
        this.hostWritable = hostWritable;
    }

    /**
     * Takes the namespace over.
     *
     * @param outer {@link #id} of the namespace that this one was made from, which must be another
     * @param hostWritable leaves what is shown of the real machine as writable as it is outside
     * @throws IOException with one line, if the namespace is the outer one: covering the /sys that everybody uses would hide
     *     the real machine from them
     */
    public static PrivateNamespace of(String outer, boolean hostWritable) throws IOException {
        if (id().equals(outer)) {
            throw new IOException("this mount namespace is not our own; run inside 'unshare -m'");
        }
        return new PrivateNamespace(hostWritable);
    }

    /**
     * Returns the name of the mount namespace that this process is in, for example {@code mnt:[4026531832]}.
     *
     * @throws IOException there is no /proc
     */
    public static String id() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
    }

    /** Tells whether {@code /sys} is covered by a simulated machine already, its server living or not. */
    public static boolean isCovered() throws IOException {
        MountTable.Mount sys = MountTable.read().top(SYS);
        return sys != null && sys.isOurs();
    }

    /**
     * Covers {@code /dev}. What is shown follows the device nodes only if the answer hears the events.
     *
     * @param nodes what the machine has below {@code /dev}
     * @throws IOException with one line, if the kernel does not let us
     */
    public DeviceNodes coverDev(SysfsDirectory nodes) throws IOException {
        // Nothing that is ours exists yet: the place to build in is /sys, which we shall cover anyway.
        tmpfs(SYS, "mode=755");
        Set<String> shown = new RealDevices(DEV, SYS, hostWritable).show();
        replace(DEV, SYS);
        return DeviceNodes.show(nodes, shown);
    }

    /**
     * Gives the namespace a {@code /run} of its own, which shows the entries of the real one, but for what its udevd keeps.
     * Programs see that a udevd runs, as libudev asks before it listens, and have {@code /run/lock}.
     *
     * @throws IOException with one line, if the kernel does not let us
     */
    public void coverRun() throws IOException {
        if (!Files.isDirectory(RUN)) {
            return; // an old or a small system
        }
        staged(stage -> {
            Set<String> names = new HashSet<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(RUN)) {
                for (Path entry : entries) {
                    String name = String.valueOf(entry.getFileName());
                    if (!name.equals("udev")) {
                        show(entry, stage.resolve(name));
                        names.add(name);
                    }
                }
            }
            Files.createFile(Files.createDirectory(stage.resolve("udev")).resolve("control"));
            if (!names.contains("lock")) {
                Files.createDirectory(stage.resolve("lock"));
            }
            replace(RUN, stage);
        });
    }

    /**
     * Gives the namespace an {@code /etc} of its own: the real one with a layer over it that takes the changes and goes
     * with the namespace. So a definition made for a simulated machine does not stay on the real one.
     *
     * @throws IOException with one line, if the kernel does not let us
     */
    public void coverEtc() throws IOException {
        staged(stage -> {
            Path upper = Files.createDirectory(stage.resolve("upper"));
            Files.setPosixFilePermissions(upper, PosixFilePermissions.fromString("rwxr-xr-x")); // whatever the umask
            Path work = Files.createDirectory(stage.resolve("work"));
            Path layered = Files.createDirectory(stage.resolve("layered"));
            try {
                mount("apvirt", layered, "overlay", 0,
                        "lowerdir=/etc,upperdir=" + upper + ",workdir=" + work + ",userxattr");
            } catch (IOException e) {
                mount("apvirt", layered, "tmpfs", 0, "mode=755");
                TreeCopy.copy(ETC, layered); // a container's /etc has mounts in it that no layer may be put over
            }
            Set<Path> mounted = new HashSet<>(); // a layer does not show them: a container's resolv.conf, for example
            for (MountTable.Mount real : MountTable.read().in(Set.of(ETC))) {
                Path place = layered.resolve(ETC.relativize(real.point()));
                if (!real.point().equals(ETC) && Files.exists(real.point()) && Files.exists(place)) {
                    bind(real.point(), place);
                    mounted.add(place);
                }
            }
            if (!hostWritable) {
                seal(mounted, LinuxCalls.MS_RDONLY);
            }
            replace(ETC, layered);
        });
    }

    /**
     * Mounts the tree on {@code /sys}.
     *
     * @param sys what {@code /sys} shows
     * @param traffic hears each read and write
     * @throws IOException with one line, if the kernel does not let us
     */
    public SysfsMount coverSys(SysfsDirectory sys, SysfsTraffic traffic) throws IOException {
        List<String> real = realParts(sys);
        SysfsDirectory merged = sys;
        for (String part : real) {
            merged = MountPoint.in(merged, part);
        }
        SysfsDirectory shown = merged;
        SysfsMount[] covered = new SysfsMount[1];
        staged(stage -> {
            // Programs look in /proc/mounts for where sysfs is, lszcrypt 2.16 among them. What answers is a part that is shown
            // anyway, and comes before the others.
            Path sysfs = Files.createDirectory(stage.resolve("sysfs"));
            boolean isThere = Files.isDirectory(SYS.resolve("fs")) && bindAlone(SYS.resolve("fs"), sysfs);
            for (int i = 0; i < real.size(); i++) {
                Path part = Files.createDirectory(stage.resolve(Integer.toString(i)));
                bind(SYS.resolve(real.get(i)), part);
            }
            if (!hostWritable) {
                seal(Set.of(stage), LinuxCalls.MS_RDONLY);
            }
            detachAll(SYS);
            if (isThere) {
                move(sysfs, SYS);
            }
            covered[0] = SysfsMount.cover(shown, SYS, traffic);
            for (int i = 0; i < real.size(); i++) {
                move(stage.resolve(Integer.toString(i)), SYS.resolve(real.get(i)));
            }
        });
        return covered[0];
    }

    private static List<String> realParts(SysfsDirectory sys) throws IOException {
        List<String> parts = new ArrayList<>();
        SysfsTree tree = new SysfsTree(sys);
        for (String part : REAL) {
            if (Files.isDirectory(SYS.resolve(part)) && tree.at(List.of(part.split("/"))) == null) {
                parts.add(part);
            }
        }
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

    /** What is done while there is a file system to build in. */
    private interface Building {
        void in(Path stage) throws IOException;
    }

    private static void staged(Building building) throws IOException {
        Files.createDirectory(STAGE);
        tmpfs(STAGE, "mode=755");
        building.in(STAGE);
        if (isMounted(STAGE)) { // else it is what was built, and in its place
            unmount(STAGE);
        }
        Files.delete(STAGE);
    }

    private static boolean isMounted(Path point) throws IOException {
        return MountTable.read().top(point) != null;
    }

    /** Puts a mount in the place of whatever lies at another. */
    private static void replace(Path place, Path mount) throws IOException {
        detachAll(place);
        move(mount, place);
    }

    /** Takes all mounts of a place out of the namespace; in a user namespace those from outside are locked, and stay. */
    private static void detachAll(Path place) throws IOException {
        while (true) {
            try {
                LinuxCalls.umount2(place.toString(), LinuxCalls.MNT_DETACH);
            } catch (LastErrorException e) {
                if (e.getErrorCode() == Errno.EINVAL.number()) {
                    return;
                }
                throw new IOException("cannot unmount " + place + ": " + LinuxCalls.strerror(e.getErrorCode()), e);
            }
        }
    }

    private static void unmount(Path point) throws IOException {
        try {
            LinuxCalls.umount2(point.toString(), LinuxCalls.MNT_DETACH);
        } catch (LastErrorException e) {
            throw new IOException("cannot unmount " + point + ": " + LinuxCalls.strerror(e.getErrorCode()), e);
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
     * Takes rights away from the mounts at some places and below them; what they lack already stays lacking, as it must in a
     * user namespace.
     *
     * @param flags {@code MS_RDONLY}, {@code MS_NODEV}
     */
    static void seal(Set<Path> points, long flags) throws IOException {
        for (MountTable.Mount mount : MountTable.read().in(points)) {
            mount("none", mount.point(), null, LinuxCalls.MS_BIND | LinuxCalls.MS_REMOUNT | mount.flags() | flags, "");
        }
    }

    static void bind(Path from, Path to) throws IOException {
        mount(from.toString(), to, null, LinuxCalls.MS_BIND | LinuxCalls.MS_REC, "");
    }

    /** Binds a directory without what is mounted below it. Returns false in a user namespace, which must not see under that. */
    private static boolean bindAlone(Path from, Path to) throws IOException {
        try {
            LinuxCalls.mount(from.toString(), to.toString(), "none", LinuxCalls.MS_BIND, "");
            return true;
        } catch (LastErrorException e) {
            if (e.getErrorCode() == Errno.EINVAL.number()) {
                return false;
            }
            throw new IOException("cannot mount " + from + ": " + LinuxCalls.strerror(e.getErrorCode()), e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        mount(from.toString(), to, null, LinuxCalls.MS_MOVE, "");
    }

    private static void tmpfs(Path point, String options) throws IOException {
        mount("tmpfs", point, "tmpfs", LinuxCalls.MS_NOSUID | LinuxCalls.MS_NODEV, options);
    }

    private static void mount(String source, Path target, @Nullable String type, long flags, String options)
            throws IOException {
        try {
            LinuxCalls.mount(source, target.toString(), type == null ? "none" : type, flags, options);
        } catch (LastErrorException e) {
            throw new IOException("cannot mount " + (type == null ? source : type) + " on " + target + ": "
                    + LinuxCalls.strerror(e.getErrorCode()), e);
        }
    }
}

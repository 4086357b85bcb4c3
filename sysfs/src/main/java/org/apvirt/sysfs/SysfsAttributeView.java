// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The attributes of one path, to be read; every change is refused with EPERM. */
final class SysfsAttributeView implements PosixFileAttributeView {
    private final Path path;
    private final LinkOption[] options;

    SysfsAttributeView(Path path, LinkOption... options) {
        this.path = path;
        this.options = options.clone();
    }

    @Override
    public String name() {
        return "posix";
    }

    @Override
    public PosixFileAttributes readAttributes() throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, options);
    }

    @Override
    public UserPrincipal getOwner() throws IOException {
        return readAttributes().owner();
    }

    private IOException fixed() {
        return new SysfsException(path.toString(), new ErrnoException(Errno.EPERM, "attributes are fixed"));
    }

    @Override
    public void setOwner(UserPrincipal owner) throws IOException {
        throw fixed();
    }

    @Override
    public void setGroup(GroupPrincipal group) throws IOException {
        throw fixed();
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        throw fixed();
    }

    @Override
    public void setTimes(@Nullable FileTime modified, @Nullable FileTime accessed, @Nullable FileTime created)
            throws IOException {
        throw fixed();
    }
}

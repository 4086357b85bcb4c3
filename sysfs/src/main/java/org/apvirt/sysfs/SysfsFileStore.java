// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.FileStore;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Where the files are kept: nowhere, so there is no space to count. */
final class SysfsFileStore extends FileStore {
    @Override
    public String name() {
        return "sysfs";
    }

    @Override
    public String type() {
        return "sysfs";
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public long getTotalSpace() {
        return 0;
    }

    @Override
    public long getUsableSpace() {
        return 0;
    }

    @Override
    public long getUnallocatedSpace() {
        return 0;
    }

    @Override
    public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
        return type.isAssignableFrom(java.nio.file.attribute.PosixFileAttributeView.class);
    }

    @Override
    public boolean supportsFileAttributeView(String name) {
        return name.equals("basic") || name.equals("posix");
    }

    @Override
    @SuppressWarnings("nullness:return") // null: there is no view, as the interface has it
    public <V extends @Nullable FileStoreAttributeView> V getFileStoreAttributeView(Class<V> type) {
        return null;
    }

    @Override
    public Object getAttribute(String attribute) {
        throw new UnsupportedOperationException("no attribute '" + attribute + "'");
    }
}

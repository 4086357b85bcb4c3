// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/** One entry of the tree that user space sees: a directory, an attribute file, a symbolic link or a device node. */
public sealed interface SysfsNode permits SysfsDirectory, SysfsFile, SysfsLink, CharDevice {}

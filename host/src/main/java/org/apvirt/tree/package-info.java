/**
 * Trees of {@code /sys} as data: what a host shows, for programs that want a directory, a tar or a record of umockdev; and
 * machine files out of trees that a real or recorded machine showed. Start at {@link org.apvirt.tree.SysTree} and {@link
 * org.apvirt.tree.TreeImport}.
 */
package org.apvirt.tree;

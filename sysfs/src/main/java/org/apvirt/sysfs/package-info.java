/**
 * The tree of a simulated kernel as files, after Linux {@code fs/sysfs} and {@code fs/kernfs}: a {@code java.nio.file}
 * file system for Java callers, and a FUSE mount for every other program.
 *
 * <p>Start at {@link org.apvirt.sysfs.SysfsFileSystem} (Java) or {@link org.apvirt.sysfs.SysfsMount} (a mount). Both walk
 * the same computed tree and open attributes through {@link org.apvirt.device.OpenAttribute}, which holds the kernel's
 * rules: the mode bits bind even root, one write is one store, the text is taken when a read starts at 0. The FUSE
 * protocol of the Linux kernel is spoken directly, without libfuse.
 *
 * <p>Not modelled: chmod and chown of attributes, poll(2) on attributes, binary attributes, the link count of
 * directories.
 */
package org.apvirt.sysfs;

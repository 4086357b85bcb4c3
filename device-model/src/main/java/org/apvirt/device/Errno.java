// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * Linux error numbers, as on s390. The numbers are those that cross the boundary to user space.
 * Source: Linux {@code include/uapi/asm-generic/errno.h}.
 */
public enum Errno {
    EPERM(1, "Operation not permitted"), ENOENT(2, "No such file or directory"), EINTR(4, "Interrupted system call"),
    EIO(5, "Input/output error"), ENXIO(6, "No such device or address"), EBADF(9, "Bad file descriptor"),
    EAGAIN(11, "Resource temporarily unavailable"), ENOMEM(12, "Cannot allocate memory"),
    EACCES(13, "Permission denied"), EFAULT(14, "Bad address"), EBUSY(16, "Device or resource busy"),
    EEXIST(17, "File exists"), EXDEV(18, "Invalid cross-device link"), ENODEV(19, "No such device"),
    ENOTDIR(20, "Not a directory"), EISDIR(21, "Is a directory"), EINVAL(22, "Invalid argument"),
    ENFILE(23, "Too many open files in system"), EMFILE(24, "Too many open files"),
    ENOTTY(25, "Inappropriate ioctl for device"), EFBIG(27, "File too large"),
    ENOSPC(28, "No space left on device"), ESPIPE(29, "Illegal seek"), EROFS(30, "Read-only file system"),
    ERANGE(34, "Numerical result out of range"), ENAMETOOLONG(36, "File name too long"),
    ENOSYS(38, "Function not implemented"), ENOTEMPTY(39, "Directory not empty"),
    ELOOP(40, "Too many levels of symbolic links"), EOVERFLOW(75, "Value too large for defined data type"),
    EBADFD(77, "File descriptor in bad state"),
    EUSERS(87, "Too many users"),
    EMSGSIZE(90, "Message too long"), EOPNOTSUPP(95, "Operation not supported"),
    EADDRINUSE(98, "Address already in use"), EADDRNOTAVAIL(99, "Cannot assign requested address"),
    ENOTCONN(107, "Transport endpoint is not connected"), ETIMEDOUT(110, "Connection timed out"),
    ECANCELED(125, "Operation canceled");

    private final int number;
    private final String text;

    Errno(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /** Returns the positive number. */
    public int number() {
        return number;
    }

    /** Returns what strerror(3) says. */
    public String text() {
        return text;
    }

    /**
     * Returns the error of a number.
     *
     * @param number positive, one of this list
     */
    public static Errno of(int number) {
        for (Errno errno : values()) {
            if (errno.number == number) {
                return errno;
            }
        }
        throw new IllegalArgumentException("no errno " + number);
    }
}

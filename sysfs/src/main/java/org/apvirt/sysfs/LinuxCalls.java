// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Every call into the C library that this package makes; a failed one throws with errno. The C types are those of a
 * 64-bit Linux: {@code size_t} is a {@code long}.
 */
final class LinuxCalls {
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    static final long MS_RDONLY = 1;
    static final long MS_NOSUID = 2;
    static final long MS_NODEV = 4;
    static final long MS_NOEXEC = 8;
    static final long MS_REMOUNT = 0x20;
    static final long MS_NOSYMFOLLOW = 0x100;
    static final long MS_NOATIME = 0x400;
    static final long MS_NODIRATIME = 0x800;
    static final long MS_BIND = 0x1000;
    static final long MS_MOVE = 0x2000;
    static final long MS_REC = 0x4000;
    static final long MS_RELATIME = 0x20_0000;
    static final long MS_STRICTATIME = 0x100_0000;
    static final int LOCK_EX = 2;

    static final int MNT_FORCE = 1;
    static final int MNT_DETACH = 2;

    static final int AF_NETLINK = 16;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int NETLINK_KOBJECT_UEVENT = 15;

    static {
        if (Native.POINTER_SIZE != 8) {
            throw new UnsatisfiedLinkError("a 64-bit Linux is needed");
        }
        Native.register(LinuxCalls.class, "c");
    }

    private LinuxCalls() {}

    /** int open(const char *path, int flags) */
    static native int open(String path, int flags) throws LastErrorException;

    /** int close(int fd) */
    static native int close(int fd) throws LastErrorException;

    /** ssize_t read(int fd, void *buf, size_t count); -1: {@link Native#getLastError} says why. */
    static native long read(int fd, Pointer buffer, long count);

    /** int poll(struct pollfd *fds, nfds_t count, int timeout); -1: {@link Native#getLastError} says why. */
    static native int poll(Pointer descriptors, long count, int timeout);

    /** ssize_t write(int fd, const void *buf, size_t count) */
    static native long write(int fd, Pointer buffer, long count) throws LastErrorException;

    /** int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) */
    static native int mount(String source, String target, String type, long flags, String data)
            throws LastErrorException;

    /** int umount2(const char *target, int flags) */
    static native int umount2(String target, int flags) throws LastErrorException;

    /** int flock(int fd, int operation) */
    static native int flock(int fd, int operation) throws LastErrorException;

    /** uid_t geteuid(void) */
    static native int geteuid();

    /** gid_t getegid(void) */
    static native int getegid();

    /** int socket(int domain, int type, int protocol) */
    static native int socket(int domain, int type, int protocol) throws LastErrorException;

    /** ssize_t sendto(int fd, const void *buf, size_t length, int flags, const struct sockaddr *to, socklen_t size) */
    static native long sendto(int fd, byte[] message, long length, int flags, byte[] address, int addressLength)
            throws LastErrorException;

    /** char *strerror(int errno) */
    static native String strerror(int errno);
}

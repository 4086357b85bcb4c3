package org.apvirt.zcrypt;

import org.apvirt.ap.ZcryptModule;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An open {@code /dev/z90crypt}: requests of programs to the host's cards. Source: Linux {@code zcrypt_api.c},
 * {@code zcrypt_fops}.
 */
public final class ZcryptDevice implements OpenFile {
    private final ZcryptModule zcrypt;
    private final @Nullable ZcryptNode node;

    private ZcryptDevice(ZcryptModule zcrypt, @Nullable ZcryptNode node) {
        this.zcrypt = zcrypt;
        this.node = node;
    }

    /**
     * Opens the device, which never fails.
     *
     * @param node an additional node with its rights, null: {@code /dev/z90crypt} itself
     */
    public static ZcryptDevice open(ZcryptModule zcrypt, @Nullable ZcryptNode node) {
        return new ZcryptDevice(zcrypt, node);
    }

    @Override
    public byte[] read(int length) throws ErrnoException {
        throw new ErrnoException(Errno.EPERM, "z90crypt answers ioctls only");
    }

    @Override
    public int write(byte[] bytes) throws ErrnoException {
        throw new ErrnoException(Errno.EPERM, "z90crypt answers ioctls only");
    }

    @Override
    public String toString() {
        return "/dev/z90crypt with " + zcrypt.cards().size() + " cards";
    }
}

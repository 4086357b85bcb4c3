package org.apvirt.zcrypt;

import org.apvirt.ap.ZcryptModule;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;

/**
 * An open {@code /dev/z90crypt}: requests of programs to the host's cards. Source: Linux {@code zcrypt_api.c},
 * {@code zcrypt_fops}.
 */
public final class ZcryptDevice implements OpenFile {
    private final ZcryptModule zcrypt;

    private ZcryptDevice(ZcryptModule zcrypt) {
        this.zcrypt = zcrypt;
    }

    /** Opens the device, which never fails. */
    public static ZcryptDevice open(ZcryptModule zcrypt) {
        return new ZcryptDevice(zcrypt);
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

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.ZcryptIoctl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The calls into the C library, on files that are no z90crypt. */
@EnabledOnOs(OS.LINUX)
class LinuxZcryptTest {
    @TempDir
    Path directory;

    private static ErrnoException refused(Path node) {
        return assertThrows(ErrnoException.class, () -> LinuxZcrypt.open(node).close());
    }

    @Test
    void openFailsWithWhatTheKernelSays() throws Exception {
        assertEquals(Errno.ENOENT, refused(directory.resolve("z90crypt")).errno());
        assertTrue(String.valueOf(refused(directory).getMessage()).contains("open: Is a directory"));
        assertEquals(Errno.ENOTDIR, refused(Files.createFile(directory.resolve("file")).resolve("z90crypt")).errno());
    }

    @Test
    void ioctlFailsWithWhatTheKernelSaysAndLeavesTheArgument() throws Exception {
        LinuxZcrypt port = LinuxZcrypt.open(Files.createFile(directory.resolve("z90crypt")));
        byte[] target = {1, 2, 3};
        ZcryptArgument argument = new ZcryptArgument(16).point(8, target);
        argument.structure().putInt(0, 4711);
        ErrnoException e = assertThrows(ErrnoException.class,
                () -> port.ioctl(ZcryptIoctl.Z90STAT_REQUESTQ_COUNT, argument));
        assertEquals(Errno.ENOTTY, e.errno());
        assertTrue(String.valueOf(e.getMessage()).contains("ioctl: Inappropriate ioctl for device"), e.getMessage());
        assertEquals(4711, argument.structure().getInt(0));
        assertTrue(argument.structure().getLong(8) != 0, "the driver was handed an address");
        assertArrayEquals(new byte[]{1, 2, 3}, target);
        port.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apvirt.cpu.QemuVersion;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.vfio.VfioDeviceFile;
import org.apvirt.vfio.VfioMigrationOps;
import org.apvirt.vfio.VfioMigrationState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

/** Streams of a kernel's device, longer ones than vfio_ap has, and one that refuses. */
class DeviceMigrationTest {
    /** A stream that gives a little less than it is asked for, and keeps what it is given. */
    private static final class Stream implements OpenFile {
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private byte[] rest = {};
        private boolean isClosed;

        @Override
        public byte[] read(int length) {
            int taken = Math.min(rest.length, length - 1);
            byte[] piece = Arrays.copyOf(rest, taken);
            rest = Arrays.copyOfRange(rest, taken, rest.length);
            return piece;
        }

        @Override
        public int write(byte[] bytes) {
            kept.writeBytes(bytes);
            return bytes.length;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    private final Stream stream = new Stream();
    private final VfioMigrationOps ops = mock(VfioMigrationOps.class);
    private final VfioApDevice device = mock(VfioApDevice.class);
    private final List<VfioMigrationState> states = new ArrayList<>();
    private DeviceMigration migration;

    @BeforeEach
    void aDeviceThatIsOpen() throws ErrnoException {
        VfioDeviceFile file = mock(VfioDeviceFile.class);
        AttachedDevice attached = mock(AttachedDevice.class);
        when(device.attached()).thenReturn(attached);
        when(attached.file()).thenReturn(file);
        when(file.migration()).thenReturn(ops);
        when(ops.state(any())).thenAnswer(call -> {
            VfioMigrationState state = call.getArgument(0);
            states.add(state);
            return state == VfioMigrationState.STOP_COPY || state == VfioMigrationState.RESUMING ? stream : null;
        });
        migration = new DeviceMigration(QemuVersion.NEXT, device);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i >> 8 ^ i);
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 200_000})
    void aStreamLeavesAndArrivesWhole(int length) throws QemuException {
        stream.rest = bytes(length);
        assertArrayEquals(bytes(length), migration.save());
        assertTrue(stream.isClosed);
        assertEquals(List.of(VfioMigrationState.STOP_COPY, VfioMigrationState.STOP), states);
        stream.isClosed = false;
        migration.load(bytes(length));
        assertArrayEquals(bytes(length), stream.kept.toByteArray());
        assertTrue(stream.isClosed);
        assertEquals(List.of(VfioMigrationState.RESUMING, VfioMigrationState.STOP), states.subList(2, 4));
        verify(device, never()).reset();
        migration.run();
        assertEquals(VfioMigrationState.RUNNING, states.get(4));
    }

    @Test
    void aDeviceThatIsNotSavedRunsOn() throws ErrnoException {
        doThrow(new ErrnoException(Errno.ENOMEM, "no room")).when(ops).state(VfioMigrationState.STOP_COPY);
        QemuException refused = assertThrows(QemuException.class, migration::save);
        assertEquals("error while saving state of device '/1/vfio-ap': Cannot allocate memory", refused.getMessage());
        assertEquals("ENOMEM: no room", refused.hint());
        verify(ops).state(VfioMigrationState.RUNNING);
    }

    @Test
    void aDeviceThatTakesNoStateIsReset() throws ErrnoException {
        doThrow(new ErrnoException(Errno.EINVAL, "no")).when(ops).state(VfioMigrationState.STOP);
        assertThrows(QemuException.class, () -> migration.load(new byte[1]));
        verify(device).reset();
    }

    /** It is looked at from outside, or there is none: a state has nowhere to go. */
    @Test
    void withoutAnOpenDeviceNothingTravels() throws QemuException {
        when(device.attached()).thenReturn(null);
        for (DeviceMigration none : List.of(migration, new DeviceMigration(QemuVersion.NEXT, null))) {
            assertNull(none.requireMigratable());
            assertEquals(0, none.save().length);
            none.load(new byte[0]);
            assertThrows(QemuException.class, () -> none.load(new byte[1]));
            none.run();
        }
        assertEquals(List.of(), states);
        assertThrows(QemuException.class, new DeviceMigration(QemuVersion.V11, device)::requireMigratable);
    }
}

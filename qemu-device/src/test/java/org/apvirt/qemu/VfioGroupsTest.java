// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.Level;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioGroupFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.apvirt.qemu.TestHost.MATRIX;
import static org.apvirt.qemu.TestHost.UUID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.verify;

/** What a QEMU opens on its host, and that it gives it back, also where the host refuses in between. */
class VfioGroupsTest {
    private TestHost test;
    private VfioGroupFile group;
    private VfioContainer container;
    private VfioGroups groups;

    @BeforeEach
    void aHostWhoseFilesAreWatched() throws Exception {
        test = TestHost.withMdev(Level.LINUX_7_2);
        HostAccess access = spy(test.access());
        group = spy((VfioGroupFile) test.access().open("/dev/vfio/0"));
        container = spy((VfioContainer) test.access().open("/dev/vfio/vfio"));
        doReturn(group).when(access).open("/dev/vfio/0");
        doReturn(container).when(access).open("/dev/vfio/vfio");
        groups = new VfioGroups(access, new KvmFiles(access.createVm()), 1 << 20, true);
    }

    private String refusal() {
        return assertThrows(QemuException.class, () -> groups.attach(UUID, test.files.getPath(MATRIX + UUID)))
                .getMessage();
    }

    private static ErrnoException refused() {
        return new ErrnoException(Errno.EPERM, "refused");
    }

    @Test
    void theLastDeviceTakesGroupAndContainerAlong() throws Exception {
        AttachedDevice attached = groups.attach(UUID, test.files.getPath(MATRIX + UUID));
        verify(group, never()).close();
        attached.detach();
        var order = inOrder(group, container);
        order.verify(group).close();
        order.verify(container).close();
    }

    @Test
    void aGroupThatTellsNoStatusIsClosedAndNoContainerOpened() throws Exception {
        doThrow(refused()).when(group).status();
        assertEquals("failed to get group 0 status: Operation not permitted", refusal());
        verify(group).close();
        verify(container, never()).setIommu(anyLong());
    }

    @Test
    void aGroupThatIsNotViableIsClosed() throws Exception {
        doReturn(0).when(group).status();
        assertEquals("group 0 is not viable", refusal());
        verify(group).close();
    }

    @Test
    void aContainerThatTakesNoGroupIsClosed() throws Exception {
        doThrow(refused()).when(group).setContainer(any());
        assertEquals("failed to setup container for group 0: failed to set group container: Operation not permitted",
                refusal());
        verify(container).close();
        verify(group).close();
    }

    @Test
    void aContainerWithoutIommuIsClosed() throws Exception {
        doThrow(refused()).when(container).setIommu(anyLong());
        assertEquals(
                "failed to setup container for group 0: failed to set iommu for container: Operation not permitted",
                refusal());
        verify(container).close();
        verify(group).close();
    }

    @Test
    void aContainerThatMapsNoStorageIsClosed() throws Exception {
        doThrow(refused()).when(container).mapDma(anyLong(), anyLong());
        assertEquals(
                "failed to setup container for group 0: failed to map the guest's storage: Operation not permitted",
                refusal());
        verify(container).close();
        verify(group).close();
    }

    @Test
    void aDeviceThatTheGroupDoesNotGiveTakesGroupAndContainerAlong() throws Exception {
        doThrow(refused()).when(group).device(UUID);
        assertEquals("error getting device from group 0: Operation not permitted", refusal());
        verify(group).close();
        verify(container).close();
    }
}

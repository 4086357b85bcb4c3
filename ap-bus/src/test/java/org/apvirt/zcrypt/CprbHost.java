// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;

import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.checkerframework.checker.nullness.qual.Nullable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A host with cards 5 (CEX5C), 7 (CEX8C) and 8 (CEX7P), domains 4 and 6, and the ioctls of its device nodes. */
abstract class CprbHost {
    static final int ANY = -1;
    static final int ROOM = 5000;

    TestHost host = boot(TestLevel.LINUX_6_12);

    static TestHost boot(TestLevel level) {
        return new TestHost(level, machine -> machine
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
                .adapter(AdapterSpec.of(7, 14, AdapterMode.CCA).cca(CcaIdentity.of("CARDSEVN")))
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
                .usageDomains(ApMask.of(4, 6)).controlDomains(ApMask.of(4, 6, 9))).withDrivers();
    }

    void ioctl(String node, int request, ByteBuffer buffer) throws ErrnoException {
        IoctlArgument.FileTable none = new IoctlArgument.FileTable() {
            @Override
            public @Nullable OpenFile file(int fd) {
                return null;
            }

            @Override
            public int install(OpenFile file) {
                throw new IllegalStateException();
            }
        };
        try (OpenFile file = ((CharDevice) host.kernel.dev().child(node)).opener().open()) {
            file.ioctl(request, new IoctlArgument(0, buffer.array(), none));
        }
    }

    Errno refused(String node, int request, ByteBuffer buffer) {
        return assertThrows(ErrnoException.class, () -> ioctl(node, request, buffer)).errno();
    }

    void countRequests(String path, int expected) throws ErrnoException {
        assertEquals(expected + "\n", host.read("/devices/ap/" + path + "/request_count"));
    }
}

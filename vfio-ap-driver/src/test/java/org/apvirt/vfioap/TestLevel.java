// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.HashSet;
import java.util.Set;

import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.Time;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.Kernel;
import org.apvirt.device.Quirk;
import org.apvirt.vfio.VfioQuirk;
import org.apvirt.zcrypt.ZcryptQuirk;

/** The kernels that the tests of this module boot: the rows of its layers. */
enum TestLevel {
    SEED(DeviceQuirk.SEED, ApQuirk.SEED, ZcryptQuirk.SEED, VfioQuirk.SEED, VfioApQuirk.SEED),
    LINUX_6_1(DeviceQuirk.LINUX_6_1, ApQuirk.LINUX_6_1, ZcryptQuirk.LINUX_6_1, VfioQuirk.LINUX_6_1,
            VfioApQuirk.LINUX_6_1),
    LINUX_6_12(DeviceQuirk.LINUX_6_12, ApQuirk.LINUX_6_12, ZcryptQuirk.LINUX_6_12, VfioQuirk.LINUX_6_12,
            VfioApQuirk.LINUX_6_12),
    LINUX_7_2(DeviceQuirk.LINUX_7_2, ApQuirk.LINUX_7_2, ZcryptQuirk.LINUX_7_2, VfioQuirk.LINUX_7_2,
            VfioApQuirk.LINUX_7_2),
    LINUX_7_3(DeviceQuirk.LINUX_7_3, ApQuirk.LINUX_7_3, ZcryptQuirk.LINUX_7_3, VfioQuirk.LINUX_7_3,
            VfioApQuirk.LINUX_7_3),
    NEXT(DeviceQuirk.LINUX_7_3, ApQuirk.LINUX_7_3, ZcryptQuirk.LINUX_7_3, VfioQuirk.LINUX_7_3, VfioApQuirk.NEXT);

    private final Set<Quirk> quirks = new HashSet<>();

    TestLevel(Set<DeviceQuirk> device, Set<ApQuirk> ap, Set<ZcryptQuirk> zcrypt, Set<VfioQuirk> vfio,
            Set<VfioApQuirk> vfioAp) {
        quirks.addAll(device);
        quirks.addAll(ap);
        quirks.addAll(zcrypt);
        quirks.addAll(vfio);
        quirks.addAll(vfioAp);
    }

    public Kernel kernel(Time time, Quirk... more) {
        return new Kernel(time, quirks, Set.of(more));
    }

    public boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }
}

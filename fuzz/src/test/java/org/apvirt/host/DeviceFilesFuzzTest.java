// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.HexFormat;
import java.util.List;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.fuzz.Refusals;
import org.apvirt.replay.RequestLanguage;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.sim.SimulatedMachine;

import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Programs that do any ioctl(2) on the device files of zcrypt, VFIO and KVM: an answer or an errno, and the machine works
 * as before. The input is text, one request of {@link RequestLanguage} a line.
 */
class DeviceFilesFuzzTest {
    private static final String MDEV = "c2b1a1f0-3c1a-4d41-9ab1-0123456789ab";
    private static final String RSA = "i 1 0xc0007a05 x" // ICARSAMODEXPO of 16 bytes: 0 ** 15 mod 15
            + "00".repeat(8) + "00000010" + "00".repeat(12) + "00000010" + "00".repeat(20) + "00".repeat(63) + "0f"
            + "00".repeat(15) + "0f";

    private static void open(RequestLanguage process, String path) {
        process.request("o " + HexFormat.of().formatHex(path.getBytes()) + " 2");
    }

    @FuzzTest(maxDuration = "2h")
    void requests(byte[] bytes) throws Exception {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime())
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
                .usageDomains(ApMask.of(4, 0xab)).build();
        Host host = Host.boot(machine, HostOptions.of(Level.LINUX_6_12));
        host.write("/sys/bus/ap/aqmask", "-0xab");
        host.write("/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create", MDEV);
        host.write("/sys/devices/vfio_ap/matrix/" + MDEV + "/assign_adapter", "5");
        host.write("/sys/devices/vfio_ap/matrix/" + MDEV + "/assign_domain", "0xab");
        String group = host.readLink("/sys/bus/mdev/devices/" + MDEV + "/iommu_group").replaceAll(".*/", "");
        try (RequestLanguage process = new RequestLanguage(host.files())) {
            for (String path : List.of("/dev/z90crypt", "/dev/vfio/vfio", "/dev/vfio/" + group, "/dev/kvm")) {
                open(process, path); // handles 1 to 4
            }
            for (String line : Refusals.text(bytes).split("\n")) {
                try {
                    process.request(line);
                } catch (IllegalArgumentException e) {
                    // not of this language
                }
            }
        }
        try (RequestLanguage process = new RequestLanguage(host.files())) {
            open(process, "/dev/z90crypt");
            String answer = process.request(RSA);
            assertTrue(answer.startsWith("ok "), answer);
        }
    }
}

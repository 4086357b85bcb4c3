// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.LINUX_7_2;
import static org.apvirt.it.clients.Clients.says;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** driverctl 0.115. */
@Timeout(180)
class DriverctlIT {
    /** That no device has an override, it says in the words for a kernel without overrides. */
    @Test
    void movesAQueueToVfioApAndBack() throws Exception {
        assertEquals("""
                05.0004 cex4queue
                05.0047 cex4queue
                06.0004 cex4queue
                06.0047 cex4queue
                0
                05.0004 cex4queue
                05.0047 cex4queue
                06.0004 vfio_ap [*]
                06.0047 cex4queue
                06.0004 vfio_ap
                06.0004 vfio_ap
                unassigned
                0
                driverctl: No overridable devices found. Kernel too old?
                cex4queue
                driverctl: no such device: 06.00aa
                1
                driverctl: no such module: no_such_driver
                1
                """, says(LINUX_7_2, """
                d() { driverctl -b ap "$@"; }
                d list-devices
                d set-override 06.0004 vfio_ap; echo $?
                d list-devices
                d list-overrides
                d list-persisted
                cat /sys/bus/ap/devices/06.0004/status
                d unset-override 06.0004; echo $?
                d list-overrides
                basename $(readlink /sys/bus/ap/devices/06.0004/driver)
                d set-override 06.00aa vfio_ap; echo $?
                { d set-override 06.0004 no_such_driver; echo $?; } 2>&1 | grep -v modprobe:
                """));
    }

    @Test
    void leavesNothingToTheNextStartWhenToldSo() throws Exception {
        assertEquals("""
                06.0047 vfio_ap
                06.0047 (none)
                06.0047 cex4queue
                """, says(LINUX_7_2, """
                d() { driverctl -b ap "$@"; }
                d --nosave set-override 06.0047 vfio_ap
                d list-persisted
                d list-overrides
                d --noprobe unset-override 06.0047
                d list-devices | grep 06.0047
                echo 06.0047 >/sys/bus/ap/drivers_probe
                d list-devices | grep 06.0047
                """));
    }

    @Test
    void findsAKernelWithoutOverridesTooOld() throws Exception {
        assertEquals("driverctl: No overridable devices found. Kernel too old?\n1\n",
                says(LINUX_6_12, "driverctl -b ap list-devices; echo $?"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** zcryptctl of s390-tools 2.35: device nodes with fewer rights than /dev/z90crypt. */
@Timeout(180)
class ZcryptctlIT {
    @Test
    void makesFillsListsAndDestroysANode() throws Exception {
        assertEquals("""
                No additional zcrypt device nodes defined
                Device node created
                Adapter 5 added
                Domain 71 added
                Control domain 71 added
                Ioctl ICARSAMODEXPO added
                node = container
                 aps = 5
                 doms = 71
                 ctrls = 71
                 ioctls = ICARSAMODEXPO
                character special file
                0x0400000000000000000000000000000000000000000000000000000000000000
                Adapter 5 removed
                0x0000000000000000000000000000000000000000000000000000000000000000
                Device node 'container' marked for destruction
                No additional zcrypt device nodes defined
                ls: cannot access '/dev/container': No such file or directory
                """, says(LINUX_6_12, """
                zcryptctl list
                zcryptctl create container
                zcryptctl addap container 5
                zcryptctl adddom container 0x47
                zcryptctl addctrl container 71
                zcryptctl addioctl container ICARSAMODEXPO
                zcryptctl listconfig
                stat -c %F /dev/container
                cat /sys/class/zcrypt/container/apmask
                zcryptctl delap container 5
                cat /sys/class/zcrypt/container/apmask
                zcryptctl destroy container
                zcryptctl list
                ls /dev/container
                """));
    }

    @Test
    void isRefusedANameTwiceAndANodeThatIsNotThere() throws Exception {
        assertEquals("""
                Device node created
                zcryptctl: Could not write into sysfs entry to create zdev node
                1
                zcryptctl: Invalid or unknown nodename 'nobody'
                1
                """, says(LINUX_6_12, """
                zcryptctl create container
                zcryptctl create container; echo $?
                zcryptctl destroy nobody; echo $?
                """));
    }
}

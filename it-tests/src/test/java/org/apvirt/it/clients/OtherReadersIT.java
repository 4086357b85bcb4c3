// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.apvirt.it.clients.Clients.saysWithUevents;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** What programs read and write that are not packaged: their steps, played in a shell. */
@Timeout(180)
class OtherReadersIT {
    /** Kata Containers' test makes a mediated device of the last queue that lszcrypt lists. */
    @Test
    void theLastQueueOfTheListBecomesADeviceForAPod() throws Exception {
        assertEquals("""
                06.0047
                06.0047
                vfio-ap
                crw------- /dev/vfio/0
                """, says(LINUX_6_12, """
                apqn=$(lszcrypt | tail -1 | awk '{ print $1 }')
                echo $apqn
                card=${apqn%.*} domain=${apqn#*.}
                echo -0x$card >/sys/bus/ap/apmask
                echo -0x$domain >/sys/bus/ap/aqmask
                uuid=$(cat /proc/sys/kernel/random/uuid)
                cd /sys/devices/vfio_ap/matrix
                echo $uuid >mdev_supported_types/vfio_ap-passthrough/create
                echo 0x$card >$uuid/assign_adapter
                echo 0x$domain >$uuid/assign_domain
                cat $uuid/matrix
                cat $uuid/mdev_type/device_api
                stat -c '%A %n' /dev/vfio/$(basename $(readlink $uuid/iommu_group))
                """));
    }

    /** Its agent, in the guest, lets the bus look for what was plugged and waits for the event of the queue. */
    @Test
    void aPluggedCardIsFoundByAScanAndAnnounced() throws Exception {
        assertEquals("""
                add /devices/ap/card09/09.0004
                """, saysWithUevents(LINUX_6_12, """
                : >/tmp/heard.$$
                udevadm monitor --kernel --subsystem-match=ap/ap_queue >/tmp/heard.$$ & monitor=$!
                until grep -q '^KERNEL ' /tmp/heard.$$; do sleep 0.05; done
                apvirt ctl plug 9 CEX7P
                ls -d /sys/devices/ap/card09 2>/dev/null
                echo 1 >/sys/bus/ap/scans
                for attempt in {1..100}; do ! grep -q 'add.*card09/09.0047' /tmp/heard.$$ || break; sleep 0.05; done
                kill $monitor
                awk '$2 == "add" && /09.0004/ { print $2, $3 }' /tmp/heard.$$
                rm /tmp/heard.$$
                """));
    }

    /** The CEX plugin for Kubernetes lists queues by type, copies attributes and gives a container a node of its own. */
    @Test
    void theDevicesOfAContainerAreFoundAndFenced() throws Exception {
        assertEquals("""
                05.0004 CEX5C online=1 requests=number
                05.0047 CEX5C online=1 requests=number
                06.0004 CEX5A online=1 requests=number
                06.0047 CEX5A online=1 requests=number
                0 unreadable
                character special file
                0x0400000000000000000000000000000000000000000000000000000000000000
                0x0800000000000000000000000000000000000000000000000000000000000000
                0x0400000000000000000000000000000000000000000000000000000000000000
                gone
                """, says(LINUX_6_12, """
                cd /sys/devices/ap
                for queue in card*/??.????; do
                    card=${queue%/*}
                    grep -qxE 'CEX[0-9]+[ACP]' $card/type || echo "$card: type"
                    count=$(grep -cxE '[0-9]+' $queue/request_count | sed 's/^1$/number/')
                    echo "${queue#*/} $(cat $card/type) online=$(cat $queue/online) requests=$count"
                done
                for file in /sys/bus/ap/{ap_interrupts,ap_max_domain_id,ap_max_adapter_id,poll_thread,poll_timeout} \\
                        card05/{ap_functions,depth,hwtype,raw_hwtype,type,serialnr} \\
                        card05/05.0004/{interrupt,reset,mkvps,request_count,requestq_count,pendingq_count}; do
                    cat $file >/dev/null 2>&1 || echo $file
                done | wc -l | sed 's/$/ unreadable/'
                name=zcrypt-apqn-5-4-0
                echo $name >/sys/class/zcrypt/create
                stat -c %F /dev/$name
                cd /sys/devices/virtual/zcrypt/$name
                echo +5 >apmask; echo +4 >aqmask; echo +5 >ioctlmask
                cat apmask aqmask ioctlmask
                echo $name >/sys/class/zcrypt/destroy
                [ -e /dev/$name ] || echo gone
                """));
    }

    /** opencryptoki's slot daemon follows the queues by udev events. */
    @Test
    void aTokenHearsWhatHappensToItsQueue() throws Exception {
        assertEquals("""
                change 06.0004 ONLINE=0 DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                change 06.0004 ONLINE=1 DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                unbind 06.0004 DEVTYPE=ap_queue MODE=accel
                bind 06.0004 DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                change 06.0004 CONFIG=0 DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                """, saysWithUevents(LINUX_6_12,
                """
                        : >/tmp/heard.$$
                        udevadm monitor --udev --property --subsystem-match=ap/ap_queue >/tmp/heard.$$ & monitor=$!
                        until grep -q '^UDEV ' /tmp/heard.$$; do sleep 0.05; done
                        echo 0 >/sys/bus/ap/devices/06.0004/online
                        echo 1 >/sys/bus/ap/devices/06.0004/online
                        echo 06.0004 >/sys/bus/ap/drivers/cex4queue/unbind
                        echo 06.0004 >/sys/bus/ap/drivers/cex4queue/bind
                        chzcrypt --config-off 6
                        echo 1 >/sys/bus/ap/scans
                        for attempt in {1..100}; do ! grep -q CONFIG=0 /tmp/heard.$$ || break; sleep 0.05; done
                        sleep 0.1
                        kill $monitor
                        awk '/^UDEV  / { line = $3 " " $4 } /^(CONFIG|DEVTYPE|DRIVER|MODE|ONLINE)=/ { line = line " " $0 }
                            /^$/ && line { print line; line = "" }' /tmp/heard.$$ | sed -n 's|/devices/ap/card06/06.0004|06.0004|p'
                        rm /tmp/heard.$$
                        """));
    }

    /** Whatever walks the tree: no link leads nowhere, and what may be read can be. */
    @Test
    void everyLinkResolvesAndEveryReadableFileIsRead() throws Exception {
        assertEquals("0\n0\n", says(LINUX_6_12, """
                echo -6 >/sys/bus/ap/apmask
                cd /sys/devices/vfio_ap/matrix
                echo 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 >mdev_supported_types/vfio_ap-passthrough/create
                echo container >/sys/class/zcrypt/create
                cd /sys
                parts="bus class dev devices/ap devices/vfio_ap devices/virtual module kernel/iommu_groups"
                find $parts -xtype l | wc -l
                find $parts -type f -perm -444 -exec cat {} + 2>&1 >/dev/null | wc -l
                """));
    }
}

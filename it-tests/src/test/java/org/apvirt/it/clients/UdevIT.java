// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.apvirt.it.clients.Clients.saysBeforeModules;
import static org.apvirt.it.clients.Clients.saysWithUevents;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** udevadm and systemd-udevd 257. */
@Timeout(180)
class UdevIT {
    @Test
    void describesACardAndAQueue() throws Exception {
        assertEquals("""
                P: /devices/ap/card05
                M: card05
                R: 05
                J: +ap:card05
                U: ap
                T: ap_card
                V: cex4card
                E: DEVPATH=/devices/ap/card05
                E: SUBSYSTEM=ap
                E: DEVTYPE=ap_card
                E: DRIVER=cex4card
                E: DEV_TYPE=000B
                E: MODALIAS=ap:t0B
                E: MODE=cca

                P: /devices/ap/card06/06.0047
                M: 06.0047
                R: 0047
                J: +ap:06.0047
                U: ap
                T: ap_queue
                V: cex4queue
                E: DEVPATH=/devices/ap/card06/06.0047
                E: SUBSYSTEM=ap
                E: DEVTYPE=ap_queue
                E: DRIVER=cex4queue
                E: MODE=accel

                /devices/ap/card05/05.0004
                DEVPATH=/devices/vfio_ap/matrix
                DRIVER=vfio_ap
                SUBSYSTEM=matrix
                """, says(LINUX_6_12, """
                udevadm info /sys/devices/ap/card05 /sys/bus/ap/devices/06.0047
                udevadm info -q path /sys/bus/ap/devices/05.0004
                udevadm info -q property -p /devices/vfio_ap/matrix
                """));
    }

    @Test
    void walksFromAQueueToItsCard() throws Exception {
        assertEquals("""
                  looking at device '/devices/ap/card06/06.0004':
                    KERNEL=="06.0004"
                    SUBSYSTEM=="ap"
                    DRIVER=="cex4queue"
                    ATTR{ap_functions}=="0xEA000000"
                    ATTR{chkstop}=="0"
                    ATTR{config}=="1"
                    ATTR{interrupt}=="Interrupts enabled."
                    ATTR{load}=="0"
                    ATTR{online}=="1"
                    ATTR{pendingq_count}=="0"
                    ATTR{request_count}=="0"
                    ATTR{requestq_count}=="0"
                    ATTR{reset}=="No Reset Timer set."

                  looking at parent device '/devices/ap/card06':
                    KERNELS=="card06"
                    SUBSYSTEMS=="ap"
                    DRIVERS=="cex4card"
                    ATTRS{ap_functions}=="0xEA000000"
                    ATTRS{chkstop}=="0"
                    ATTRS{config}=="1"
                    ATTRS{depth}=="8"
                    ATTRS{hwtype}=="11"
                    ATTRS{load}=="0"
                    ATTRS{max_msg_size}=="12288"
                    ATTRS{online}=="1"
                    ATTRS{pendingq_count}=="0"
                    ATTRS{raw_hwtype}=="11"
                    ATTRS{request_count}=="0"
                    ATTRS{requestq_count}=="0"
                    ATTRS{type}=="CEX5A"

                  looking at parent device '/devices/ap':
                    KERNELS=="ap"
                    SUBSYSTEMS==""
                    DRIVERS==""
                """, says(LINUX_6_12, "udevadm info -a /sys/devices/ap/card06/06.0004 | sed -n '/looking/,$p'"));
    }

    @Test
    void findsEveryDevice() throws Exception {
        assertEquals("""
                P: /devices/ap/card05
                P: /devices/ap/card05/05.0004
                P: /devices/ap/card05/05.0047
                P: /devices/ap/card06
                P: /devices/ap/card06/06.0004
                P: /devices/ap/card06/06.0047
                P: /devices/vfio_ap/matrix
                P: /devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                """, says(LINUX_6_12, """
                echo 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 \\
                    >/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
                udevadm info --export-db | grep '^P: ' | grep -v -e /vfio-dev/ -e /virtual/
                """));
    }

    @Test
    void triggersEventsThatListenersHear() throws Exception {
        assertEquals("""
                /sys/devices/ap/card06
                /sys/devices/ap/card06/06.0004
                /sys/devices/ap/card06/06.0047
                change /devices/ap/card06 (ap) DEVTYPE=ap_card DRIVER=cex4card MODE=accel
                change /devices/ap/card06/06.0004 (ap) DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                change /devices/ap/card06/06.0047 (ap) DEVTYPE=ap_queue DRIVER=cex4queue MODE=accel
                unbind /devices/ap/card06/06.0047 (ap) DEVTYPE=ap_queue MODE=accel
                """, saysWithUevents(LINUX_6_12, """
                : >/tmp/heard.$$
                udevadm monitor --udev --property --subsystem-match=ap >/tmp/heard.$$ & monitor=$!
                until grep -q '^UDEV ' /tmp/heard.$$; do sleep 0.05; done
                udevadm trigger -v --subsystem-match=ap --property-match=MODE=accel
                echo 06.0047 >/sys/bus/ap/drivers/cex4queue/unbind
                for attempt in {1..100}; do ! grep -q 'unbind' /tmp/heard.$$ || break; sleep 0.05; done
                sleep 0.1
                kill $monitor
                awk '/^UDEV  / { line = $3 " " $4 " " $5 } /^(DEVTYPE|DRIVER|MODE)=/ { line = line " " $0 }
                    /^$/ && line { print line; line = "" }' /tmp/heard.$$
                rm /tmp/heard.$$
                """));
    }

    @Test
    void theKernelsOwnMessagesAreHeardToo() throws Exception {
        assertEquals("""
                add /devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 (mdev)
                bind /devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 (mdev)
                unbind /devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 (mdev)
                remove /devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 (mdev)
                """, saysWithUevents(LINUX_6_12, """
                : >/tmp/heard.$$
                udevadm monitor --kernel --subsystem-match=mdev >/tmp/heard.$$ & monitor=$!
                until grep -q '^KERNEL ' /tmp/heard.$$; do sleep 0.05; done
                uuid=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                echo $uuid >/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
                echo 1 >/sys/bus/mdev/devices/$uuid/remove
                for attempt in {1..100}; do ! grep -q ' remove ' /tmp/heard.$$ || break; sleep 0.05; done
                kill $monitor
                sed -n 's/^KERNEL\\[[0-9.]*\\] //p' /tmp/heard.$$ | tr -s ' '
                rm /tmp/heard.$$
                """));
    }

    /**
     * What chzdev and mdevctl wrote for the next start is brought up by a real udevd and its rules: the masks when the
     * queues have their drivers, the mediated device when the matrix device appears. The rule of mdevctl's package names
     * the program where an installation has it.
     */
    @Test
    void udevdBringsUpWhatIsConfiguredForTheNextStart() throws Exception {
        assertEquals("""
                before: 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                zcrypt: 0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough auto (defined)
                05.0004
                """,
                saysBeforeModules(LINUX_6_12,
                        """
                                mount -t tmpfs tmpfs /run
                                mkdir -p /run/udev /run/lock /etc/udev/rules.d
                                sed "s|/usr/sbin/mdevctl|$(command -v mdevctl)|" DIR/60-mdevctl.rules >/etc/udev/rules.d/60-mdevctl.rules
                                chzdev --type ap --persistent apmask=-5 >/dev/null
                                uuid=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                                mdevctl define -u $uuid -p matrix -t vfio_ap-passthrough --auto
                                mdevctl modify -u $uuid --addattr=assign_adapter --value=5
                                mdevctl modify -u $uuid --addattr=assign_domain --value=4

                                systemd-udevd 2>/run/udevd.log & udevd=$!
                                until udevadm control --ping 2>/dev/null; do sleep 0.05; done
                                echo "before: $(cat /sys/bus/ap/apmask)"
                                for module in rng_core zcrypt zcrypt_cex4; do apvirt ctl insmod $module; done
                                udevadm settle --timeout=20
                                echo "zcrypt: $(cat /sys/bus/ap/apmask)"
                                for module in mdev vfio_ap; do apvirt ctl insmod $module; done
                                udevadm settle --timeout=20
                                mdevctl list
                                cat /sys/bus/mdev/devices/$uuid/matrix
                                kill $udevd
                                """
                                .replace("DIR", Clients.require() + "/programs-trixie/usr/lib/udev/rules.d")));
    }
}

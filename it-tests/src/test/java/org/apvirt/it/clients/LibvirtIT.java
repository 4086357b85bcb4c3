// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** libvirtd 11.3 with its node device driver, and virsh. The daemon starts anew for each test, by the example's script. */
@Timeout(180)
class LibvirtIT {
    private static final String TERMS = """
            uuid=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
            mdev=mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix
            # v COMMAND...: without virsh's empty lines and mdevctl's stack
            v() {
                virsh "$@" 2>&1 | sed '/^ *$/d; /^Stack/,/^ *[0-9]*: __libc_start/d; / [0-9]*: <unknown>/d'
                return ${PIPESTATUS[0]}
            }
            # device ADAPTER DOMAIN: its XML
            device() {
                cat >/run/device.xml <<-XML
                <device>
                  <parent>ap_matrix</parent>
                  <capability type='mdev'>
                    <type id='vfio_ap-passthrough'/>
                    <uuid>$uuid</uuid>
                    <attr name='assign_adapter' value='$1'/>
                    <attr name='assign_domain' value='$2'/>
                  </capability>
                </device>
            XML
                echo /run/device.xml
            }
            # soon LINES COMMAND...: until it says so many lines
            soon() {
                local lines=$1; shift
                for attempt in {1..100}; do [ $("$@" | wc -l) != $lines ] || break; sleep 0.05; done
                "$@"
            }
            echo -5 >/sys/bus/ap/apmask
            """;

    private static String says(String script) throws Exception {
        // Where libvirt is not installed, its schemas are not either: they are shown in their place.
        String schemas = "mount -t overlay -o lowerdir=" + Clients.require() + "/programs-trixie/usr/share:/usr/share"
                + " overlay /usr/share\n";
        return Clients.saysWithUevents(LINUX_6_12, schemas + "cat >/etc/script <<'END'\n" + TERMS + script + "\nEND\n"
                + Programs.ROOT.resolve("examples/libvirt.sh") + " bash /etc/script\n");
    }

    @Nested
    class NodeDevices {
        @Test
        void areListedAsATree() throws Exception {
            assertEquals("""
                    computer
                      |
                      +- ap_card05
                      |   |
                      |   +- ap_05_0004
                      |   +- ap_05_0047
                      |
                      +- ap_card06
                      |   |
                      |   +- ap_06_0004
                      |   +- ap_06_0047
                      |
                      +- ap_matrix
                    """, says("v nodedev-list --tree | sed 's/ *$//'"));
        }

        @Test
        void areListedByCapability() throws Exception {
            assertEquals("""
                    ap_card05
                    ap_card06
                    ap_05_0004
                    ap_05_0047
                    ap_06_0004
                    ap_06_0047
                    ap_matrix
                    ap_matrix
                    """, says("""
                    for kind in ap_card ap_queue ap_matrix mdev_types mdev; do v nodedev-list --cap $kind; done
                    """));
        }

        @Test
        void areDescribed() throws Exception {
            assertEquals("""
                    <device>
                      <name>ap_card05</name>
                      <path>/sys/devices/ap/card05</path>
                      <parent>computer</parent>
                      <driver>
                        <name>cex4card</name>
                      </driver>
                      <capability type='ap_card'>
                        <ap-adapter>0x05</ap-adapter>
                      </capability>
                    </device>
                    <device>
                      <name>ap_05_0047</name>
                      <path>/sys/devices/ap/card05/05.0047</path>
                      <parent>ap_card05</parent>
                      <driver>
                        <name>vfio_ap</name>
                      </driver>
                      <capability type='ap_queue'>
                        <ap-adapter>0x05</ap-adapter>
                        <ap-domain>0x0047</ap-domain>
                      </capability>
                    </device>
                    <device>
                      <name>ap_matrix</name>
                      <path>/sys/devices/vfio_ap/matrix</path>
                      <parent>computer</parent>
                      <driver>
                        <name>vfio_ap</name>
                      </driver>
                      <capability type='ap_matrix'>
                        <capability type='mdev_types'>
                          <type id='vfio_ap-passthrough'>
                            <name>VFIO AP Passthrough Device</name>
                            <deviceAPI>vfio-ap</deviceAPI>
                            <availableInstances>65536</availableInstances>
                          </type>
                        </capability>
                      </capability>
                    </device>
                    """, says("for name in ap_card05 ap_05_0047 ap_matrix; do v nodedev-dumpxml $name; done"));
        }

        @Test
        void followWhatIsPluggedAndUnplugged() throws Exception {
            assertEquals("""
                    ap_card05
                    ap_card06
                    ap_card07
                    ap_07_0004
                    ap_07_0047
                    ap_card05
                    ap_card07
                    """, says("""
                    apvirt ctl plug 7 CEX8P; apvirt ctl scan
                    soon 6 v nodedev-list --cap ap_queue >/dev/null
                    v nodedev-list --cap ap_card
                    v nodedev-list --cap ap_queue | grep _07_
                    apvirt ctl unplug 6; apvirt ctl scan
                    soon 2 v nodedev-list --cap ap_card
                    """));
        }
    }

    @Nested
    class MediatedDevices {
        @Test
        void areDefinedStartedDestroyedAndUndefined() throws Exception {
            String name = "mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix";
            assertEquals("""
                    Node device 'NAME' defined from '/run/device.xml'
                    NAME
                    Device NAME started
                    NAME
                    Name:           NAME
                    Parent:         ap_matrix
                    Active:         yes
                    Persistent:     yes
                    Autostart:      no
                    05.0004
                    <availableInstances>65535</availableInstances>
                    Device NAME marked as autostarted
                    Destroyed node device 'NAME'
                    NAME
                    Undefined node device 'NAME'
                    """.replace("NAME", name), says("""
                    v nodedev-define $(device 5 4)
                    soon 1 v nodedev-list --cap mdev --inactive
                    v nodedev-start $mdev
                    soon 1 v nodedev-list --cap mdev
                    v nodedev-info $mdev
                    cat /sys/bus/mdev/devices/$uuid/matrix
                    v nodedev-dumpxml ap_matrix | grep -o '<available.*'
                    v nodedev-autostart $mdev
                    v nodedev-destroy $mdev
                    v nodedev-list --cap mdev
                    v nodedev-list --cap mdev --inactive
                    v nodedev-undefine $mdev
                    soon 0 v nodedev-list --cap mdev --all
                    """));
        }

        @Test
        void areCreatedAndDescribed() throws Exception {
            assertEquals("""
                    Node device mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix created from /run/device.xml
                    <device>
                      <name>mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix</name>
                      <path>/sys/devices/vfio_ap/matrix/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02</path>
                      <parent>ap_matrix</parent>
                      <driver>
                        <name>vfio_ap_mdev</name>
                      </driver>
                      <capability type='mdev'>
                        <type id='vfio_ap-passthrough'/>
                        <uuid>2d88d55e-9ceb-4f54-91ad-13c07fd4ff02</uuid>
                        <parent_addr>matrix</parent_addr>
                        <iommuGroup number='0'/>
                      </capability>
                    </device>
                    error: Failed to create node device from /run/device.xml
                    error: internal error: Unable to start mediated device: Error: Device already exists
                    1
                    """, says("""
                    v nodedev-create $(device 5 4)
                    v nodedev-dumpxml $mdev
                    v nodedev-create $(device 5 4); echo $?
                    """));
        }

        @Test
        void followWhatOthersMakeAndRemove() throws Exception {
            assertEquals("""
                    mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix
                    <availableInstances>65535</availableInstances>
                    <availableInstances>65536</availableInstances>
                    """, says("""
                    echo $uuid >/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
                    soon 1 v nodedev-list --cap mdev
                    v nodedev-dumpxml ap_matrix | grep -o '<available.*'
                    echo 1 >/sys/bus/mdev/devices/$uuid/remove
                    soon 0 v nodedev-list --cap mdev
                    v nodedev-dumpxml ap_matrix | grep -o '<available.*'
                    """));
        }

        @Test
        void arePassedTheKernelsRefusals() throws Exception {
            assertEquals("""
                    error: Failed to create node device from /run/device.xml
                    error: internal error: Unable to start mediated device: Error: Failed to write 4 to attribute \
                    assign_domain
                    Caused by:
                        Cannot assign requested address (os error 99)
                    1
                    """, says("""
                    v nodedev-create $(device 6 4); echo $?
                    soon 0 v nodedev-list --cap mdev
                    """));
        }

        @Test
        void areChangedWhileRunningWhereACalloutCanDoThat() throws Exception {
            assertEquals("""
                    Node device mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix created from /run/device.xml
                    <attr name='assign_adapter' value='5'/>
                    <attr name='assign_domain' value='4'/>
                    Updated node device mdev_2d88d55e_9ceb_4f54_91ad_13c07fd4ff02_matrix live state
                    05.0047
                    """, says("""
                    mkdir -p /etc/mdevctl.d/scripts.d/callouts
                    cp ROOT/it-tests/src/test/resources/ap-callout /etc/mdevctl.d/scripts.d/callouts/
                    v nodedev-create $(device 5 4)
                    attributes() { v nodedev-dumpxml $mdev | grep -o '<attr.*'; }
                    soon 2 attributes
                    v nodedev-dumpxml $mdev | sed "s/value='4'/value='0x47'/" >/run/changed.xml
                    v nodedev-update --live $mdev /run/changed.xml
                    cat /sys/bus/mdev/devices/$uuid/matrix
                    """.replace("ROOT", Programs.ROOT.toString())));
        }
    }
}

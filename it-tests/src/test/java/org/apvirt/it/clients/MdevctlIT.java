// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** mdevctl 1.4. Its errors end with a blank line and a stack of unknown symbols, which is cut off. */
@Timeout(180)
class MdevctlIT {
    private static final String TERMS = """
            one=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
            two=4f0d1b5e-0f3a-4c2a-8f0e-2a51d1c0ffee
            type=vfio_ap-passthrough
            m() {
                mdevctl "$@" 2>&1 | sed '/^$/d; /^Stack/,$d'
                return ${PIPESTATUS[0]}
            }
            # define UUID ADAPTER DOMAIN
            define() {
                m define -u $1 -p matrix -t $type
                m modify -u $1 --addattr=assign_adapter --value=$2
                m modify -u $1 --addattr=assign_domain --value=$3
            }
            echo -5 >/sys/bus/ap/apmask
            """;

    private static String says(String script) throws Exception {
        return Clients.says(LINUX_6_12, TERMS + script);
    }

    @Nested
    class Types {
        @Test
        void areListed() throws Exception {
            assertEquals("""
                    matrix
                      vfio_ap-passthrough
                        Available instances: 65536
                        Device API: vfio-ap
                        Name: VFIO AP Passthrough Device
                    """, says("m types; m types -p no-such-parent"));
        }

        @Test
        void areListedAsJson() throws Exception {
            assertEquals("""
                    [
                      {
                        "matrix": [
                          {
                            "vfio_ap-passthrough": {
                              "available_instances": 65536,
                              "device_api": "vfio-ap",
                              "name": "VFIO AP Passthrough Device"
                            }
                          }
                        ]
                      }
                    ]
                    """, says("m types --dumpjson; echo"));
        }
    }

    @Nested
    class Definitions {
        @Test
        void areMadeModifiedAndListed() throws Exception {
            assertEquals("""
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough auto
                      Attrs:
                        @{0}: {"assign_adapter":"5"}
                        @{1}: {"assign_domain":"0x47"}
                        @{2}: {"assign_domain":"4"}
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual
                      Attrs:
                        @{0}: {"assign_adapter":"5"}
                        @{1}: {"assign_domain":"4"}
                    """, says("""
                    define $one 5 4
                    m modify -u $one --addattr=assign_domain --value=0x47 --index=1
                    m modify -u $one --auto
                    m list -d -v
                    m modify -u $one --delattr --index=1
                    m modify -u $one --manual
                    m list -d -v
                    m undefine -u $one
                    m list -d
                    """));
        }

        @Test
        void areListedAsJson() throws Exception {
            assertEquals("""
                    [
                      {
                        "matrix": [
                          {
                            "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02": {
                              "mdev_type": "vfio_ap-passthrough",
                              "start": "manual",
                              "attrs": [
                                {
                                  "assign_adapter": "5"
                                },
                                {
                                  "assign_domain": "4"
                                }
                              ]
                            }
                          }
                        ]
                      }
                    ]
                    """, says("define $one 5 4; m list -d --dumpjson; echo"));
        }

        @Test
        void areRefusedTwice() throws Exception {
            assertEquals("""
                    Error: Device 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 on matrix already defined
                    1
                    Error: No devices match the specified uuid
                    1
                    """, says("""
                    m define -u $one -p matrix -t $type
                    m define -u $one -p matrix -t $type; echo $?
                    m undefine -u $two; echo $?
                    """));
        }
    }

    @Nested
    class RunningDevices {
        @Test
        void areStartedListedAndStopped() throws Exception {
            assertEquals("""
                    0
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (defined)
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (active)
                    05.0047
                    65535
                    0
                    65536
                    """, says("""
                    instances=/sys/class/mdev_bus/matrix/mdev_supported_types/$type/available_instances
                    define $one 5 0x47
                    m start -u $one; echo $?
                    m list
                    m list -d
                    cat /sys/bus/mdev/devices/$one/matrix
                    cat $instances
                    m stop -u $one; echo $?
                    m list
                    cat $instances
                    """));
        }

        @Test
        void needNoDefinition() throws Exception {
            assertEquals("""
                    4f0d1b5e-0f3a-4c2a-8f0e-2a51d1c0ffee matrix vfio_ap-passthrough manual
                    4f0d1b5e-0f3a-4c2a-8f0e-2a51d1c0ffee matrix vfio_ap-passthrough manual (active)
                    1
                    """, says("""
                    m start -u $two -p matrix -t $type
                    m list
                    m define -u $two # from the running one
                    m list -d
                    m stop -u $two
                    m undefine -u $two
                    m start -p matrix -t $type | grep -cE '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                    """));
        }

        @Test
        void areStartedWithTheirParent() throws Exception {
            assertEquals("2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough auto (defined)\n", says("""
                    define $one 5 4
                    define $two 5 0x47
                    m modify -u $one --auto
                    m start-parent-mdevs matrix
                    m list
                    """));
        }

        @Test
        void areListedAsJson() throws Exception {
            assertEquals("""
                    [
                      {
                        "matrix": [
                          {
                            "2d88d55e-9ceb-4f54-91ad-13c07fd4ff02": {
                              "mdev_type": "vfio_ap-passthrough",
                              "start": "manual",
                              "attrs": []
                            }
                          }
                        ]
                      }
                    ]
                    """, says("define $one 5 4; m start -u $one; m list --dumpjson; echo"));
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofTheKernelArePassedOnWithTheirErrno() throws Exception {
            assertEquals("""
                    Error: Failed to write 4 to attribute assign_domain
                    Caused by:
                        Address already in use (os error 98)
                    Error: Failed to write 4 to attribute assign_domain
                    Caused by:
                        Cannot assign requested address (os error 99)
                    Error: Failed to write 256 to attribute assign_adapter
                    Caused by:
                        No such device (os error 19)
                    Error: Failed to write x to attribute assign_domain
                    Caused by:
                        Invalid argument (os error 22)
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    """, says("""
                    define $one 5 4; m start -u $one
                    for wish in "5 4" "6 4" "256 4" "5 x"; do
                        define $two $wish; m start -u $two; m undefine -u $two
                    done
                    ls /sys/bus/mdev/devices # what was refused was taken back
                    """));
        }

        @Test
        void ofMdevctlComeFromWhatTheTreeShows() throws Exception {
            assertEquals("""
                    Error: Device already exists
                    1
                    Error: Device is insufficiently specified
                    1
                    Error: Parent matrix does not support mdev type nope
                    1
                    Error: Unable to find parent device 'nope'
                    1
                    Error: Device 4f0d1b5e-0f3a-4c2a-8f0e-2a51d1c0ffee is not an active mdev
                    1
                    Error: Invalid attribute 'bogus'
                    1
                    Error: Live modification is not supported for this device type. Changing the device configuration \
                    requires stopping and restarting the device.
                    1
                    """, says("""
                    define $one 5 4; m start -u $one
                    m start -u $one; echo $?
                    m start -u $two; echo $?
                    m start -u $two -p matrix -t nope; echo $?
                    m start -u $two -p nope -t $type; echo $?
                    m stop -u $two; echo $?
                    m define -u $two -p matrix -t $type
                    m modify -u $two --addattr=bogus --value=1
                    m start -u $two; echo $?
                    m modify -u $one --live --jsonfile /etc/mdevctl.d/matrix/$one; echo $?
                    """));
        }
    }

    /** With a callout as s390-tools has in ap-check, which Debian does not package: ours plays its reads and writes. */
    @Nested
    class WithACallout {
        private static final String INSTALL = "mkdir -p /etc/mdevctl.d/scripts.d/callouts\n"
                + "cp " + Programs.ROOT
                + "/it-tests/src/test/resources/ap-callout /etc/mdevctl.d/scripts.d/callouts/\n";

        @Test
        void theAttributesOfARunningDeviceAreListed() throws Exception {
            assertEquals("""
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (defined)
                      Attrs:
                        @{0}: {"assign_adapter":"5"}
                        @{1}: {"assign_domain":"4"}
                        @{2}: {"assign_domain":"71"}
                        @{3}: {"assign_control_domain":"4"}
                    """, says(INSTALL + """
                    define $one 5 4
                    m modify -u $one --addattr=assign_domain --value=0x47
                    m modify -u $one --addattr=assign_control_domain --value=4
                    m start -u $one
                    m list -v
                    """));
        }

        @Test
        void aRunningDeviceIsModified() throws Exception {
            assertEquals("""
                    0
                    05.0047
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (defined)
                      Attrs:
                        @{0}: {"assign_adapter":"5"}
                        @{1}: {"assign_domain":"71"}
                    1
                    05.0047
                    """, says(INSTALL + """
                    change() { printf '{"mdev_type":"%s","start":"manual","attrs":[%s]}' $type "$1" >/etc/change; }
                    define $one 5 4
                    m start -u $one
                    change '{"assign_adapter":"5"},{"assign_domain":"71"}'
                    m modify -u $one -p matrix --live --jsonfile /etc/change; echo $?
                    cat /sys/bus/mdev/devices/$one/matrix
                    m list -v
                    change '{"assign_adapter":"6"},{"assign_domain":"71"}' # kept for the host
                    m modify -u $one -p matrix --live --jsonfile /etc/change >/dev/null; echo $?
                    cat /sys/bus/mdev/devices/$one/matrix
                    """));
        }

        @Test
        void aSecondClaimIsRefusedBeforeTheKernelIsAsked() throws Exception {
            assertEquals("""
                    APQN 5.4 already in use by 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    APQN 6.4 is not allowed for vfio_ap-passthrough use by the active ap bus mask settings
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    """, says(INSTALL + """
                    define $one 5 4; m start -u $one
                    define $two 5 4; m start -u $two | grep -o 'APQN.*'; m undefine -u $two
                    define $two 6 4; m start -u $two | grep -o 'APQN.*'
                    ls /sys/bus/mdev/devices
                    """));
        }
    }
}

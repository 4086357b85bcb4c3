package org.apvirt.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.it.ExecutedProgram.Said;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Programs that we did not write, unmodified, on the simulated /sys. What they must print follows from their own formats
 * and from the machine of the test. {@code .ci/clients} fetches them; with {@code -Dclients.required=true} a missing one
 * fails the test, else it is the reason for skipping.
 */
@Timeout(180)
class ClientsIT {
    private static final String QEMU = "qemu-s390x-static -L ";
    private static Path clients = Path.of("unset");
    @TempDir
    Path directory;

    @BeforeAll
    static void needsThePrograms() throws Exception {
        ExecutedProgram.requireFuse();
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString()));
        Programs.require("clients.required", fetched.status() == 0, fetched.lastLine());
        clients = Path.of(fetched.lastLine());
    }

    /** Runs a script with shell functions for the programs; both outputs in their order. */
    private String says(String level, String script) throws Exception {
        Path machine = directory.resolve("machine.yaml");
        Files.writeString(machine, "level: " + level + """

                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47]
                """);
        String old = clients.resolve("s390-tools-bookworm").toString();
        String now = clients.resolve("s390-tools-trixie").toString();
        String own = clients.resolve("native").toString();
        String programs = """
                exec 2>&1
                old() { local p=$1; shift; %1$s%2$s %2$s/sbin/$p "$@"; }
                now() { local p=$1; shift; %1$s%3$s %3$s/usr/sbin/$p "$@"; }
                export MDEVCTL_ENV_ROOT=$(mktemp -d)
                trap 'rm -rf $MDEVCTL_ENV_ROOT' EXIT
                mkdir -p $MDEVCTL_ENV_ROOT/etc/mdevctl.d $MDEVCTL_ENV_ROOT/usr/lib/mdevctl/scripts.d/{callouts,notifiers}
                ln -s /sys $MDEVCTL_ENV_ROOT/sys
                mdevctl() { %4$s/lib64/ld-linux-x86-64.so.2 --library-path %4$s/usr/lib/x86_64-linux-gnu \\
                    %4$s/usr/bin/mdevctl "$@" | cat; return ${PIPESTATUS[0]}; }
                driverctl() { mkdir -p /etc/driverctl.d; bash %4$s/usr/sbin/driverctl -b ap "$@"; }
                """
                .formatted(QEMU, old, now, own);
        Said said = ExecutedProgram.bash(machine, programs + script);
        // The kernel's feed of random numbers asks the CCA card now and then: its counts are not of our making.
        return said.err() + said.out().replaceAll("(?m)^(05(?:\\.[0-9a-f]{4})? .*online +)[0-9]+", "$10");
    }

    @Nested
    class Lszcrypt {
        @Test
        void listsCardsAndQueues() throws Exception {
            assertEquals("""
                    CARD.DOM TYPE  MODE        STATUS     REQUESTS
                    ----------------------------------------------
                    05       CEX5C CCA-Coproc  online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    06       CEX5A Accelerator online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    """, says("linux-6.12", "now lszcrypt"));
        }

        @Test
        void listsThemInTheLayoutOfTheOlderRelease() throws Exception {
            assertEquals("""
                    CARD.DOMAIN TYPE  MODE        STATUS   REQUESTS
                    -----------------------------------------------
                    05          CEX5C CCA-Coproc  online          0
                    05.0004     CEX5C CCA-Coproc  online          0
                    05.0047     CEX5C CCA-Coproc  online          0
                    06          CEX5A Accelerator online          0
                    06.0004     CEX5A Accelerator online          0
                    06.0047     CEX5A Accelerator online          0
                    """, says("linux-6.12", "old lszcrypt"));
        }

        @Test
        void tellsDriversAndStatesWhenAskedForMore() throws Exception {
            assertEquals("""
                    05 online 0 cex4card
                    05.0004 unassigned - vfio_ap
                    05.0047 online 0 cex4queue
                    06 deconfig - cex4card
                    06.0004 deconfig - cex4queue
                    06.0047 deconfig - -no-driver-
                    """, says("linux-7.2", """
                    echo vfio_ap >/sys/bus/ap/devices/05.0004/driver_override
                    echo 05.0004 >/sys/bus/ap/devices/05.0004/driver/unbind
                    echo 05.0004 >/sys/bus/ap/drivers_probe
                    echo 06.0047 >/sys/bus/ap/drivers/cex4queue/unbind
                    now chzcrypt --config-off 6
                    echo 1 >/sys/bus/ap/scans
                    now lszcrypt -V | tail -n +3 | awk '{ print $1, $4, $6, $NF }'
                    """));
        }

        @Test
        void filtersByDeviceDomainAndMode() throws Exception {
            String table = "CARD.DOM TYPE  MODE        STATUS     REQUESTS\n"
                    + "----------------------------------------------\n";
            assertEquals(table + """
                    05       CEX5C CCA-Coproc  online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    """ + table + """
                    06.0047  CEX5A Accelerator online            0
                    """ + table + """
                    05.0004  CEX5C CCA-Coproc  online            0
                    06.0004  CEX5A Accelerator online            0
                    """ + table + """
                    06       CEX5A Accelerator online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    """ + table + """
                    05       CEX5C CCA-Coproc  online            0
                    06       CEX5A Accelerator online            0
                    """, says("linux-6.12", "now lszcrypt 05; now lszcrypt 06.0047; now lszcrypt .4;"
                    + "now lszcrypt --accelonly; now lszcrypt --cardonly"));
        }

        @Test
        void refusesWhatIsNotThere() throws Exception {
            assertEquals("""
                    lszcrypt: Error - cryptographic device card07 does not exist.
                    CARD.DOM TYPE  MODE        STATUS     REQUESTS
                    ----------------------------------------------
                    1
                    lszcrypt: Error - 'x' is an invalid cryptographic device id.
                    1
                    """, says("linux-6.12", "now lszcrypt 7; echo $?; now lszcrypt -c x; echo $?"));
        }

        @Test
        void tellsAboutTheBus() throws Exception {
            assertEquals("""
                    features: APSC APXA
                    ap_domain=0x4
                    ap_max_domain_id=0xff
                    ap_interrupts are enabled
                    config_time=30 (seconds)
                    poll_thread is disabled
                    poll_timeout=250000 (nanoseconds)
                    ap_domain=0x4
                    ap_max_domain_id=0xff
                    ap_interrupts are enabled
                    config_time=30 (seconds)
                    poll_thread is disabled
                    poll_timeout=250000 (nanoseconds)
                    """, says("linux-6.12", "now lszcrypt -b; old lszcrypt -b"));
        }

        @Test
        void drawsTheDomains() throws Exception {
            String none = "  .".repeat(16) + "\n";
            StringBuilder rows = new StringBuilder();
            for (int row = 0; row < 0x100; row += 0x10) {
                String cells = switch (row) {
                    case 0x00 -> "  .".repeat(4) + "  B" + "  .".repeat(11) + "\n";
                    case 0x40 -> "  .".repeat(7) + "  B" + "  .".repeat(8) + "\n";
                    default -> none;
                };
                rows.append(String.format("    %02x", row)).append(cells);
            }
            String line = "-".repeat(54) + "\n";
            String drawing = "DOMAIN 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n" + line + rows + line
                    + "C: Control domain\nU: Usage domain\nB: Both (Control + Usage domain)\n";
            assertEquals(drawing + drawing, says("linux-6.12", "now lszcrypt -d; old lszcrypt -d"));
        }

        @Test
        void tellsWhatACardCanDo() throws Exception {
            assertEquals("""
                    card05 provides capability for:
                    RSA 4K Clear Key
                    CCA Secure Key
                    Long RNG
                    AP bus max message size limit 12 Kb
                    card06 provides capability for:
                    RSA 4K Clear Key
                    AP bus max message size limit 12 Kb
                    """, says("linux-6.12", "now lszcrypt -c 05; now lszcrypt -c 6"));
        }
    }

    @Nested
    class Chzcrypt {
        @Test
        void takesCardsAndQueuesOfflineAndBack() throws Exception {
            for (String release : List.of("old", "now")) {
                assertEquals("""
                        Setting cryptographic device card05 offline
                        0
                        0 0 1
                        Setting cryptographic device card05 online
                        0
                        1 1 1
                        0
                        1 0
                        """, says("linux-6.12", """
                        q=/sys/devices/ap
                        P chzcrypt -V -d 5; echo $?
                        echo $(cat $q/card05/online $q/card05/05.0004/online $q/card06/online)
                        P chzcrypt -V -e 5; echo $?
                        echo $(cat $q/card05/online $q/card05/05.0004/online $q/card06/online)
                        P chzcrypt -d 06.0004; echo $?
                        echo $(cat $q/card06/online $q/card06/06.0004/online)
                        """.replace("P ", release + " ")), release);
            }
        }

        @Test
        void configuresCards() throws Exception {
            for (String release : List.of("old", "now")) {
                assertEquals("""
                        0
                        0
                        chzcrypt: Warning - device card06 is already config off.
                        0
                        0
                        1
                        chzcrypt: Error - cryptographic device card07 does not exist.
                        1
                        """, says("linux-6.12", """
                        P chzcrypt --config-off 6; echo $?; cat /sys/devices/ap/card06/config
                        P chzcrypt --config-off 6; echo $?
                        P chzcrypt --config-on 6; echo $?; cat /sys/devices/ap/card06/config
                        P chzcrypt --config-on 7; echo $?
                        """.replace("P ", release + " ")), release);
            }
        }

        @Test
        void setsTheBus() throws Exception {
            for (String release : List.of("old", "now")) {
                assertEquals("""
                        0
                        60
                        0
                        300000
                        0
                        71
                        chzcrypt: Error - invalid default domain '300'.
                        1
                        chzcrypt: Error - unable to change configuration timer setting.
                        1
                        """, says("linux-6.12", """
                        P chzcrypt -c 60; echo $?; cat /sys/bus/ap/config_time
                        P chzcrypt -t 300000; echo $?; cat /sys/bus/ap/poll_timeout
                        P chzcrypt -q 71; echo $?; cat /sys/bus/ap/ap_domain
                        P chzcrypt -q 300; echo $?
                        P chzcrypt -c 4; echo $?
                        """.replace("P ", release + " ")), release);
            }
        }

        @Test
        void refusesSecureExecutionWithoutTheFacility() throws Exception {
            assertEquals("chzcrypt: Error - AP bus: SE bind support is not available.\n1\n",
                    says("linux-6.12", "now chzcrypt --se-bind 05.0004; echo $?"));
        }
    }

    /** mdevctl 1.4. Its errors end with a blank line and a stack of unknown symbols, which is cut off. */
    @Nested
    class Mdevctl {
        private static final String GIVE = """
                one=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 two=4f0d1b5e-0f3a-4c2a-8f0e-2a51d1c0ffee
                define() {
                    mdevctl define -u $1 -p matrix -t vfio_ap-passthrough
                    mdevctl modify -u $1 --addattr=assign_adapter --value=$2
                    mdevctl modify -u $1 --addattr=assign_domain --value=$3
                }
                brief() { "$@" 2>&1 | sed '/^$/d;/^Stack/,$d;s/^  *//'; }
                """;

        @Test
        void listsTheType() throws Exception {
            assertEquals("""
                    matrix
                      vfio_ap-passthrough
                        Available instances: 65536
                        Device API: vfio-ap
                        Name: VFIO AP Passthrough Device
                    """, says("linux-6.12", "mdevctl types"));
        }

        @Test
        void definesStartsStopsAndUndefines() throws Exception {
            assertEquals("""
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual
                    0
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (defined)
                    05.0047
                    65535
                    0
                    65536
                    0
                    """, says("linux-6.12", GIVE + """
                    echo -5 >/sys/bus/ap/apmask
                    define $one 5 0x47
                    mdevctl list -d
                    mdevctl start -u $one; echo $?
                    mdevctl list
                    cat /sys/bus/mdev/devices/$one/matrix
                    cat /sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/available_instances
                    mdevctl stop -u $one; echo $?
                    mdevctl list
                    cat /sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/available_instances
                    mdevctl undefine -u $one; echo $?
                    mdevctl list -d
                    """));
        }

        @Test
        void passesEachRefusalOnWithItsErrno() throws Exception {
            assertEquals("""
                    Error: Device already exists
                    Error: Failed to write 4 to attribute assign_domain
                    Caused by:
                    Address already in use (os error 98)
                    Error: Failed to write 4 to attribute assign_domain
                    Caused by:
                    Cannot assign requested address (os error 99)
                    Error: Failed to write 256 to attribute assign_adapter
                    Caused by:
                    No such device (os error 19)
                    2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    """, says("linux-6.12", GIVE + """
                    echo -5 >/sys/bus/ap/apmask
                    define $one 5 4; mdevctl start -u $one; brief mdevctl start -u $one
                    define $two 5 4; brief mdevctl start -u $two; mdevctl undefine -u $two
                    define $two 6 4; brief mdevctl start -u $two; mdevctl undefine -u $two
                    define $two 256 4; brief mdevctl start -u $two
                    ls /sys/bus/mdev/devices
                    """));
        }
    }

    @Nested
    class Driverctl {
        @Test
        void movesAQueueToVfioApAndBack() throws Exception {
            assertEquals("""
                    05.0004 cex4queue
                    05.0047 cex4queue
                    06.0004 cex4queue
                    06.0047 cex4queue
                    0
                    06.0004 vfio_ap
                    unassigned
                    0
                    cex4queue
                    driverctl: no such device: 06.00aa
                    1
                    """, says("linux-7.2", """
                    driverctl list-devices
                    driverctl set-override 06.0004 vfio_ap; echo $?
                    driverctl list-overrides
                    cat /sys/bus/ap/devices/06.0004/status
                    driverctl unset-override 06.0004; echo $?
                    basename $(readlink /sys/bus/ap/devices/06.0004/driver)
                    driverctl set-override 06.00aa vfio_ap; echo $?
                    """));
        }
    }

    /** The example of the README, typed by a shell: the two guests of the document. */
    @Nested
    class TwoGuests {
        private static final String MATRICES = """
                guest 1:
                05.0004
                05.00ab
                06.0004
                06.00ab
                guest 2:
                05.0047
                05.00ff
                05.0047 is not given to a second guest
                """;

        private Said example(String level, String mode) throws Exception {
            return ExecutedProgram.run(java.util.Map.of(), "exec", "--level", level,
                    Programs.ROOT.resolve("examples/machine.yaml").toString(), "--",
                    Programs.ROOT.resolve("examples/two-guests.sh").toString(), mode);
        }

        @Test
        void getTheirQueuesByHand() throws Exception {
            Said said = example("seed", "hand");
            assertEquals("", said.err());
            assertEquals(MATRICES, said.out().lines().limit(9).map(line -> line + "\n").reduce("", String::concat));
        }

        @Test
        void getTheirQueuesThroughTheMasks() throws Exception {
            Said said = example("linux-6.12", "masks");
            assertEquals("", said.err());
            assertEquals(MATRICES, said.out().lines().limit(9).map(line -> line + "\n").reduce("", String::concat));
        }
    }
}

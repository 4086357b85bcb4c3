// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.LINUX_7_2;
import static org.apvirt.it.clients.Clients.says;
import static org.apvirt.it.clients.Clients.saysOn;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** lszcrypt of s390-tools 2.35 and, as {@code lszcrypt-2.16}, of 2.16. */
@Timeout(180)
class LszcryptIT {
    private static final String TABLE = """
            CARD.DOM TYPE  MODE        STATUS     REQUESTS
            ----------------------------------------------
            """;
    private static final String OLD_TABLE = """
            CARD.DOMAIN TYPE  MODE        STATUS   REQUESTS
            -----------------------------------------------
            """;

    @Nested
    class Listing {
        @Test
        void showsCardsAndQueuesInTheLayoutOfEachRelease() throws Exception {
            assertEquals(TABLE + """
                    05       CEX5C CCA-Coproc  online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    06       CEX5A Accelerator online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    """ + OLD_TABLE + """
                    05          CEX5C CCA-Coproc  online          0
                    05.0004     CEX5C CCA-Coproc  online          0
                    05.0047     CEX5C CCA-Coproc  online          0
                    06          CEX5A Accelerator online          0
                    06.0004     CEX5A Accelerator online          0
                    06.0047     CEX5A Accelerator online          0
                    """, says(LINUX_6_12, "lszcrypt; lszcrypt-2.16"));
        }

        @Test
        void showsMoreWhenAskedForMore() throws Exception {
            String rows = """
                    05       CEX5C CCA-Coproc  online            0        0     11     09 SMCD--N--- cex4card  \s
                    05.0004  CEX5C CCA-Coproc  online            0        0     11     09 SMCD--N--- cex4queue \s
                    05.0047  CEX5C CCA-Coproc  online            0        0     11     09 SMCD--N--- cex4queue \s
                    06       CEX5A Accelerator online            0        0     11     09 SMC-A-N--- cex4card  \s
                    06.0004  CEX5A Accelerator online            0        0     11     09 SMC-A-N--- cex4queue \s
                    06.0047  CEX5A Accelerator online            0        0     11     09 SMC-A-N--- cex4queue \s
                    """;
            String header = "CARD.DOM TYPE  MODE        STATUS     REQUESTS  PENDING HWTYPE QDEPTH FUNCTIONS  DRIVER     \n"
                    + "-".repeat(92) + "\n";
            assertEquals(header + rows + header + rows, says(LINUX_6_12, "lszcrypt -V; lszcrypt -VV"));
        }

        @Test
        void showsLessColumnsInTheOlderRelease() throws Exception {
            assertEquals("""
                    CARD.DOMAIN TYPE  MODE        STATUS   REQUESTS  PENDING HWTYPE QDEPTH FUNCTIONS  DRIVER    \s
                    ---------------------------------------------------------------------------------------------
                    06          CEX5A Accelerator online          0        0     11     09 SMC-A-N--  cex4card  \s
                    06.0004     CEX5A Accelerator online          0        0     11     09 SMC-A-N--  cex4queue \s
                    06.0047     CEX5A Accelerator online          0        0     11     09 SMC-A-N--  cex4queue \s
                    """, says(LINUX_6_12, "lszcrypt-2.16 -V 6"));
        }

        @Test
        void tellsDriversAndStates() throws Exception {
            assertEquals("""
                    05 online 0 cex4card
                    05.0004 unassigned - vfio_ap
                    05.0047 online 0 cex4queue
                    06 deconfig - cex4card
                    06.0004 deconfig - cex4queue
                    06.0047 deconfig - -no-driver-
                    05
                    05.0047
                    """, says(LINUX_7_2, """
                    echo vfio_ap >/sys/bus/ap/devices/05.0004/driver_override
                    echo 05.0004 >/sys/bus/ap/devices/05.0004/driver/unbind
                    echo 05.0004 >/sys/bus/ap/drivers_probe
                    echo 06.0047 >/sys/bus/ap/drivers/cex4queue/unbind
                    chzcrypt --config-off 6
                    echo 1 >/sys/bus/ap/scans
                    lszcrypt -V | tail -n +3 | awk '{ print $1, $4, $6, $NF }'
                    lszcrypt 05 | tail -n +3 | awk '{ print $1 }' # without -V: what zcrypt can use
                    """));
        }

        @Test
        void tellsTheStateOfAnMdevsQueues() throws Exception {
            assertEquals("""
                    05.0004 unassigned
                    05.0047 assigned
                    """, says(LINUX_6_12, """
                    echo -5 >/sys/bus/ap/apmask
                    cd /sys/devices/vfio_ap/matrix
                    uuid=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                    echo $uuid >mdev_supported_types/vfio_ap-passthrough/create
                    echo 5 >$uuid/assign_adapter
                    echo 0x47 >$uuid/assign_domain
                    lszcrypt -V 5 | tail -n +4 | awk '{ print $1, $4 }'
                    """));
        }

        @Test
        void tellsCheckstopAndOffline() throws Exception {
            assertEquals("""
                    05 offline
                    05.0004 offline
                    05.0047 offline
                    06 chkstop
                    06.0004 chkstop
                    06.0047 chkstop
                    """, says(LINUX_6_12, """
                    chzcrypt -d 5
                    apvirt ctl checkstop 6 on
                    echo 1 >/sys/bus/ap/scans
                    lszcrypt | tail -n +3 | awk '{ print $1, $4 }'
                    """));
        }
    }

    @Nested
    class Filtering {
        @Test
        void goesByDeviceAndDomain() throws Exception {
            assertEquals(TABLE + """
                    05       CEX5C CCA-Coproc  online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    """ + TABLE + """
                    06.0047  CEX5A Accelerator online            0
                    """ + TABLE + """
                    05.0004  CEX5C CCA-Coproc  online            0
                    06.0004  CEX5A Accelerator online            0
                    """ + TABLE + """
                    06       CEX5A Accelerator online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    """, says(LINUX_6_12, "lszcrypt 05; lszcrypt 06.0047; lszcrypt .4; lszcrypt 0x06 5.4"));
        }

        @Test
        void goesByMode() throws Exception {
            assertEquals(TABLE + """
                    06       CEX5A Accelerator online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    """ + TABLE + """
                    05       CEX5C CCA-Coproc  online            0
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    """ + TABLE,
                    says(LINUX_6_12, "lszcrypt --accelonly; lszcrypt --ccaonly; lszcrypt --ep11only"));
        }

        @Test
        void goesByKind() throws Exception {
            assertEquals(TABLE + """
                    05       CEX5C CCA-Coproc  online            0
                    06       CEX5A Accelerator online            0
                    """ + TABLE + """
                    05.0004  CEX5C CCA-Coproc  online            0
                    05.0047  CEX5C CCA-Coproc  online            0
                    06.0004  CEX5A Accelerator online            0
                    06.0047  CEX5A Accelerator online            0
                    """, says(LINUX_6_12, "lszcrypt --cardonly; lszcrypt --queueonly"));
        }

        @Test
        void refusesWhatIsNotThereAndWhatContradicts() throws Exception {
            assertEquals("""
                    lszcrypt: Error - cryptographic device card07 does not exist.
                    """ + TABLE + """
                    1
                    lszcrypt: Error - cryptographic device /sys/devices/ap/card05/05.0005 does not exist.
                    """ + TABLE + """
                    1
                    lszcrypt: No queue devices with given domain value found.
                    """ + TABLE + """
                    1
                    """ + TABLE + """
                    Invalid adpater id!
                    0
                    lszcrypt: Only one of --accelonly or --ccaonly or --ep11only can be specified
                    1
                    lszcrypt: Only one of --cardonly or --queueonly can be specified
                    1
                    lszcrypt: Invalid option '-q'
                    Try 'lszcrypt --help' for more information.
                    1
                    """, says(LINUX_6_12, """
                    for words in 7 5.5 .5 x "--accelonly --ccaonly" "--cardonly --queueonly" -q; do
                        lszcrypt $words
                        echo $?
                    done
                    """));
        }

        @Test
        void findsNothingOnAMachineWithoutCards() throws Exception {
            assertEquals("""
                    lszcrypt: No crypto card devices found.
                    1
                    lszcrypt: No crypto card devices found.
                    1
                    """, saysOn("usage-domains: [4]\n", LINUX_6_12, "lszcrypt; echo $?; lszcrypt-2.16 -V; echo $?"));
        }
    }

    @Nested
    class Telling {
        @Test
        void aboutTheBus() throws Exception {
            String rest = """
                    ap_domain=0x4
                    ap_max_domain_id=0xff
                    ap_interrupts are enabled
                    config_time=30 (seconds)
                    poll_thread is disabled
                    poll_timeout=250000 (nanoseconds)
                    """;
            assertEquals("features: APSC APXA\n" + rest + rest, says(LINUX_6_12, "lszcrypt -b; lszcrypt-2.16 -b"));
        }

        @Test
        void aboutTheDomains() throws Exception {
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
            assertEquals(drawing + drawing, says(LINUX_6_12, "lszcrypt -d; lszcrypt-2.16 -d"));
        }

        @Test
        void whatACardCanDo() throws Exception {
            String capabilities = """
                    card05 provides capability for:
                    RSA 4K Clear Key
                    CCA Secure Key
                    Long RNG
                    AP bus max message size limit 12 Kb
                    card06 provides capability for:
                    RSA 4K Clear Key
                    AP bus max message size limit 12 Kb
                    """;
            assertEquals(capabilities + """
                    lszcrypt: Error - cryptographic device card07 does not exist.
                    1
                    lszcrypt: Error - 'x' is an invalid cryptographic device id.
                    1
                    """, says(LINUX_6_12, """
                    lszcrypt -c 05; lszcrypt -c 6; lszcrypt -c 7; echo $?; lszcrypt -c x; echo $?
                    """));
        }

        @Test
        void whichMasterKeysAQueueHas() throws Exception {
            assertEquals("""
                    queue 05.0004 capabilities:
                    MK AES CUR: invalid 0x0000000000000000
                    MK APKA CUR: invalid 0x0000000000000000
                    MK ASYM CUR: invalid 0x00000000000000000000000000000000
                    queue 06.0004 capabilities:
                    lszcrypt: Error - cryptographic queue device 05.0005 does not exist.
                    1
                    """, says(LINUX_6_12, "lszcrypt -c 5.4; lszcrypt -c 06.0004; lszcrypt -c 5.5; echo $?"));
        }

        @Test
        void theSerialNumbers() throws Exception {
            assertEquals("""
                    CARD.DOM TYPE  MODE        STATUS     SERIALNR
                    ----------------------------------------------
                    05       CEX5C CCA-Coproc  online     LY4711AB
                    """, saysOn("""
                    adapters:
                      5: {type: CEX5C, serial: LY4711AB}
                      6: CEX5A
                    usage-domains: [4]
                    """, LINUX_6_12, "lszcrypt -s"));
        }
    }
}

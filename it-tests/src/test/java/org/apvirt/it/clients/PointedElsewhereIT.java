// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.it.Programs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Programs that are pointed at a tree of {@code apvirt mount}; the machine's /sys stays what it is. */
@Timeout(180)
class PointedElsewhereIT {
    @TempDir
    Path directory;
    private Path point = Path.of("unset");
    private Process mount; // null until it is started

    @BeforeEach
    void mountMachine() throws Exception {
        Clients.require();
        Path machine = directory.resolve("machine.yaml");
        Files.writeString(machine, """
                level: linux-6.12
                adapters: {5: CEX5C, 6: CEX5A}
                usage-domains: [4, 0x47]
                """);
        point = Files.createDirectory(directory.resolve("mnt"));
        mount = new ProcessBuilder(ExecutedProgram.apvirt("mount", machine.toString(), point.toString())).start();
        String line = mount.inputReader().readLine();
        assertTrue(line != null && line.startsWith("mounted on "), () -> "apvirt mount said " + line);
    }

    @AfterEach
    void unmount() throws Exception {
        if (mount != null) {
            mount.destroy();
            mount.waitFor();
        }
    }

    private String says(String script) throws Exception {
        return Programs
                .run(List.of("bash", "-c", "PATH=" + Clients.require() + "/bin:$PATH LC_ALL=C\nexport PATH LC_ALL\n"
                        + "CLIENTS=" + Clients.require() + " DIR=" + point + "\n" + script))
                .text();
    }

    @Test
    void s390ToolsGoBySysfsRoot() throws Exception {
        assertEquals("""
                CARD.DOM TYPE  MODE        STATUS     REQUESTS
                ----------------------------------------------
                06       CEX5A Accelerator offline           0
                06.0004  CEX5A Accelerator offline           0
                06.0047  CEX5A Accelerator offline           0
                ap device type configured
                0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                ATTR{../../bus/ap/apmask}="0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                """, says("""
                export SYSFS_ROOT=$DIR/sys
                chzcrypt -d 6
                lszcrypt 6
                mkdir $DIR.etc
                chzdev --type ap apmask=-5 --base /sys=$DIR/sys --base /etc=$DIR.etc
                cat $DIR/sys/bus/ap/apmask
                grep apmask $DIR.etc/udev/rules.d/41-ap.rules
                """));
    }

    @Test
    void mdevctlGoesByItsRoot() throws Exception {
        assertEquals("""
                2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 matrix vfio_ap-passthrough manual (defined)
                05.0004
                """, says("""
                echo -5 >$DIR/sys/bus/ap/apmask
                root=$DIR.root
                mkdir -p $root/etc/mdevctl.d $root/usr/lib/mdevctl/scripts.d/{callouts,notifiers}
                ln -s $DIR/sys $root/sys
                export MDEVCTL_ENV_ROOT=$root
                uuid=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02
                mdevctl define -u $uuid -p matrix -t vfio_ap-passthrough
                mdevctl modify -u $uuid --addattr=assign_adapter --value=5
                mdevctl modify -u $uuid --addattr=assign_domain --value=4
                mdevctl start -u $uuid
                mdevctl list
                cat $DIR/sys/bus/mdev/devices/$uuid/matrix
                mdevctl stop -u $uuid
                """));
    }

    /** umockdev redirects /sys of programs that are linked dynamically. */
    @Test
    void programsGoByUmockdev() throws Exception {
        assertEquals("""
                05.0004
                05.0047
                06.0004
                06.0047
                card05
                card06
                CEX5C
                DEVPATH=/devices/ap/card06/06.0004
                DEVTYPE=ap_queue
                DRIVER=cex4queue
                MODE=accel
                SUBSYSTEM=ap
                /bin/cat: /sys/bus/ap/no_such: No such file or directory
                """,
                says("""
                        export UMOCKDEV_DIR=$DIR
                        with-umockdev /bin/ls /sys/bus/ap/devices
                        with-umockdev /bin/cat /sys/devices/ap/card05/type
                        with-umockdev $CLIENTS/programs-trixie/usr/bin/udevadm info -q property -p /sys/devices/ap/card06/06.0004
                        with-umockdev /bin/cat /sys/bus/ap/no_such
                        """));
    }
}

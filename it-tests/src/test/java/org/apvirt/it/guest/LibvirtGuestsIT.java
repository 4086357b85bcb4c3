// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.apvirt.it.ExecutedProgram;
import org.apvirt.it.ExecutedProgram.Said;
import org.apvirt.it.Programs;
import org.apvirt.it.clients.Clients;
import org.apvirt.it.documents.Block;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Guests of libexec/apvirt/qemu-system-s390x, as libvirt 11.3 and Kata start them: stock kernels that print their own cards. The
 * programs are Debian's, unpacked; each test has a namespace and a daemon of its own.
 */
@Timeout(200)
class LibvirtGuestsIT {
    private static final String DOCUMENT = "docs/libvirt.md";
    /** Words of bash for all scripts; in the directory of the test, which is {@code $here}. */
    private static final String TERMS = """
            one=2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 two=3d88d55e-9ceb-4f54-91ad-13c07fd4ff03
            # create UUID DOMAIN: a mediated device with card 5
            create() {
                echo $1 >/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
                echo 5 >/sys/bus/mdev/devices/$1/assign_adapter
                echo $2 >/sys/bus/mdev/devices/$1/assign_domain
            }
            # v COMMAND...: virsh without its empty lines
            v() { virsh "$@" 2>&1 | sed '/^ *$/d'; }
            # soon TEXT COMMAND...: until it prints that, for a minute; then prints what it prints
            soon() {
                local text=$1; shift
                for attempt in {1..300}; do [ "$("$@" 2>&1 | tr -d '\\r')" != "$text" ] || break; sleep 0.2; done
                "$@" 2>&1 | tr -d '\\r'
            }
            # cards GUEST: the lists of queues that it printed, one after the other
            cards() { awk '/^lszcrypt: No/ { print "none" } /^0[0-9a-f]\\.[0-9a-f]* / { print $1 }' $here/$1.console | paste -sd ' '; }
            status() { cat /sys/devices/ap/card05/05.00$1/status; }
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void buildTheGuest() throws Exception {
        Clients.require();
        Path image = StockGuest.image("trixie");
        Files.copy(image.resolve("vmlinuz"), directory.resolve("vmlinuz"));
        byte[] script = Files.readAllBytes(Programs.ROOT.resolve("examples/libvirt-guest.sh"));
        try (OutputStream out = Files.newOutputStream(directory.resolve("initrd.gz"))) {
            Files.copy(image.resolve("initrd.gz"), out);
            out.write(Cpio.compressed(List.of(new Cpio.Entry("run.sh", script, 0644))));
        }
    }

    /** Runs a script at the root of the checkout, on the machine of the examples. */
    private String says(Path qemu, String script) throws Exception {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        executable(bin.resolve("apvirt"), "exec " + ExecutedProgram.apvirt().stream().map(word -> "'" + word + "'")
                .collect(Collectors.joining(" ")) + " \"$@\"");
        executable(bin.resolve("libvirtd"), "exec libvirtd-qemu \"$@\"");
        Path clients = Clients.require();
        // What is not installed here is shown in its place. An unpacked QEMU is not to find the modules of one that is.
        String prepared = """
                exec 2>&1
                export LC_ALL=C PATH=%s:%s:$PATH here=%s
                mount -t overlay -o lowerdir=%s/programs-trixie/usr/share:/usr/share overlay /usr/share
                for modules in /usr/lib/*-linux-gnu/qemu; do [ ! -d $modules ] || mount -t tmpfs tmpfs $modules; done
                mkdir /run/guest && mount --bind $here /run/guest
                cd %s
                """.formatted(bin, clients.resolve("bin"), directory, clients, Programs.ROOT) + TERMS + script;
        Said said = ExecutedProgram.run(Map.of("APVIRT_QEMU", qemu.toString()), Duration.ofSeconds(150), "exec",
                "--uevents", "--level", "linux-6.12",
                Programs.ROOT.resolve("examples/machine.yaml").toString(), "--", "timeout", "140", "bash", "-c",
                prepared);
        return said.err() + said.out();
    }

    private static void executable(Path file, String text) throws Exception {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String underLibvirt(String script) throws Exception {
        Path file = Files.writeString(directory.resolve("script"), TERMS + "here=" + directory + "\n" + script);
        return says(Programs.newestQemu(), "examples/libvirt.sh --guests bash " + file + "\n");
    }

    @Test
    void theTranscriptIsWhatVirshAndTheGuestPrint() throws Exception {
        List<String> commands = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        for (String line : Block.find(DOCUMENT, "virsh start").text().lines().toList()) {
            if (line.startsWith("$ ")) {
                commands.add(line.substring(2));
                outputs.add("");
            } else {
                outputs.set(outputs.size() - 1, outputs.getLast() + line + "\n");
            }
        }
        assertTrue(commands.removeFirst()
                .endsWith(" --level linux-6.12 examples/machine.yaml -- examples/libvirt.sh --guests bash"));
        outputs.removeFirst();
        StringBuilder script = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < commands.size(); i++) {
            String command = commands.get(i);
            String output = outputs.get(i);
            boolean waits = command.startsWith("tail "); // a guest takes its time
            script.append(waits ? "soon '" + output.strip() + "' " : "").append(command).append('\n');
            expected.append(output);
        }
        assertEquals(expected.toString(), underLibvirt(script.toString()));
    }

    @Test
    void twoGuestsHaveTheirCardsThroughAllThatVirshDoesWithThem() throws Exception {
        assertEquals(
                """
                        Domain 'g2' defined from /run/g2.xml
                        Domain 'g1' defined from examples/libvirt-guest.xml
                        Domain 'g1' started
                        Domain 'g2' started
                        05.0004
                        none
                        error: Failed to attach device from examples/libvirt-hostdev.xml
                        error: Requested operation is not valid: mediated device /sys/bus/mdev/devices/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02 \
                        is in use by driver QEMU, domain g1
                        Device attached successfully
                        none 05.0047
                        in use
                        Domain 'g1' suspended
                        paused
                        Domain 'g1' resumed
                        running
                        Domain 'g1' is being rebooted
                        05.0004 05.0004
                        05.0004 05.0004 none
                        0
                        in use
                        unassigned
                        Domain 'g2' destroyed
                        assigned
                        Domain 'g1' destroyed
                        """,
                underLibvirt("""
                        echo -5 >/sys/bus/ap/apmask
                        create $one 4; create $two 0x47
                        # Of the other type, and without a device.
                        sed -e "s/'kvm'/'qemu'/; s/>g1</>g2</; s/g1.console/g2.console/; /<hostdev/,/<.hostdev/d" \\
                            examples/libvirt-guest.xml >/run/g2.xml
                        sed "s/$one/$two/" examples/libvirt-hostdev.xml >/run/hostdev2.xml
                        v define /run/g2.xml; v define examples/libvirt-guest.xml
                        v start g1; v start g2
                        soon 05.0004 cards g1
                        soon none cards g2
                        v attach-device g2 examples/libvirt-hostdev.xml
                        v attach-device g2 /run/hostdev2.xml
                        soon 'none 05.0047' cards g2
                        status 47
                        v suspend g1; v domstate g1; v resume g1; v domstate g1
                        v reboot g1
                        soon '05.0004 05.0004' cards g1
                        echo 1 >/sys/bus/mdev/devices/$one/remove
                        soon '05.0004 05.0004 none' cards g1
                        soon 0 sh -c 'virsh dumpxml g1 | grep -c hostdev'
                        status 47; status 04 2>&1
                        v destroy g2
                        status 47
                        v destroy g1
                        """));
    }

    /** The mediated device is one that udev and mdevctl bring up with the host, the domain what virt-install makes for it. */
    @Test
    void aDomainOfVirtInstallStartsWithADeviceThatComesUpWithTheHost() throws Exception {
        Path file = Files.writeString(directory.resolve("script"), TERMS + "here=" + directory + "\n"
                + """
                        echo "came up: $(status 04)"
                        mdev=mdev_$(echo $one | tr - _)_matrix
                        virt-install --connect "$VIRSH_DEFAULT_CONNECT_URI" --print-xml --name g1 --memory 512 --import --disk none \
                            --virt-type kvm --arch s390x --machine s390-ccw-virtio --osinfo detect=off,require=off \
                            --network none --graphics none --controller none --memballoon none --rng none --hostdev $mdev \
                            --console file,source.path=/run/guest/g1.console,target.type=sclp \
                            --boot emulator=/run/qemu-system-s390x,kernel=/run/guest/vmlinuz,initrd=/run/guest/initrd.gz,cmdline='console=ttysclp0 quiet' \
                            >/run/g1.xml
                        grep -o '<hostdev .*>' /run/g1.xml
                        grep -o '<address uuid.*>' /run/g1.xml
                        v define /run/g1.xml
                        v start g1
                        soon 05.0004 cards g1
                        status 04
                        v qemu-monitor-command g1 --hmp savevm one | tr -d '\\r'
                        v destroy g1
                        """);
        assertEquals("""
                came up: assigned
                <hostdev mode="subsystem" type="mdev" managed="no" model="vfio-ap">
                <address uuid="2d88d55e-9ceb-4f54-91ad-13c07fd4ff02"/>
                Domain 'g1' defined from /run/g1.xml
                Domain 'g1' started
                05.0004
                in use
                Error: State blocked by non-migratable device '/1/vfio-ap'
                Domain 'g1' destroyed
                """, says(Programs.newestQemu(),
                """
                        # virt-install has libvirt ask every QEMU on PATH, which may be thirty.
                        for other in $(compgen -c qemu-system- | sort -u); do mount --bind /dev/null $(command -v $other); done
                        mkdir -p /etc/mdevctl.d /run/udev /run/lock /etc/udev/rules.d
                        echo -5 >/sys/bus/ap/apmask
                        mdevctl define -u $one -p matrix -t vfio_ap-passthrough --auto
                        mdevctl modify -u $one --addattr=assign_adapter --value=5
                        mdevctl modify -u $one --addattr=assign_domain --value=4
                        sed "s|/usr/sbin/mdevctl|$(command -v mdevctl)|" RULES/60-mdevctl.rules >/etc/udev/rules.d/60-mdevctl.rules
                        apvirt ctl rmmod vfio_ap
                        systemd-udevd 2>/run/udevd.log & udevd=$!
                        until udevadm control --ping 2>/dev/null; do sleep 0.05; done
                        apvirt ctl insmod vfio_ap
                        udevadm settle --timeout=20
                        kill $udevd
                        PATH=/run:$PATH examples/libvirt.sh --guests bash FILE
                        """
                        .replace("RULES", Clients.require() + "/programs-trixie/usr/lib/udev/rules.d").replace("FILE",
                                file.toString())));
    }

    /** libvirt keeps what an emulator told it; the file that it looks at is ours, whatever QEMU is behind. */
    @Test
    void afterAnotherQemuWasInstalledLibvirtAsksAnewOnceTheEmulatorIsTouched() throws Exception {
        assertEquals("""
                s390-ccw-virtio-11.1
                s390-ccw-virtio-11.1
                s390-ccw-virtio-10.0
                """,
                underLibvirt(
                        """
                                cp libexec/apvirt/qemu-system-s390x /run/emulator
                                machine() {
                                    virsh domcapabilities --emulatorbin /run/emulator --arch s390x --virttype qemu --machine s390-ccw-virtio |
                                        sed -n 's|.*<machine>\\(.*\\)</machine>.*|\\1|p'
                                }
                                machine
                                echo "qemu=OLDER" >>/run/apvirt-emulator
                                machine
                                touch /run/emulator
                                machine
                                """
                                .replace("OLDER", Programs.qemu("10.0").toString())));
    }

    /** The older QEMU does not load the plugin: there it is the gdb stub that brings the instructions. */
    @ParameterizedTest
    @ValueSource(strings = {"10.0", "11.1"})
    void bothFormsThatKataSendsPlugACardInAndWhoeverIsKilledFreesIt(String version) throws Exception {
        String device = "vfio-ap,sysfsdev=/sys/bus/mdev/devices/2d88d55e-9ceb-4f54-91ad-13c07fd4ff02";
        assertEquals("""
                cold: in use
                second: 1 qemu-system-s390x: -device DEVICE: vfio 2d88d55e-9ceb-4f54-91ad-13c07fd4ff02: \
                Could not open '/dev/vfio/0': Device or resource busy
                guest: 05.0004
                stopped: paused
                continued: running
                unplug: {} assigned
                guest: 05.0004 none
                plug: {} in use
                again: GenericError: A 'ap-bus' bus was found but is full
                guest: 05.0004 none 05.0004
                descriptor: {} {} GenericError: File descriptor named 'one' not found
                killed: assigned 1 False
                daemonized: 0 \s
                plug: {} in use
                ended: assigned
                """.replace("DEVICE", device), says(Programs.qemu(version), """
                echo -5 >/sys/bus/ap/apmask
                create $one 4
                python3 it-tests/src/test/py/kata.py $PWD/libexec/apvirt/qemu-system-s390x $here $one
                """));
    }
}

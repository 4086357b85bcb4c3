// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.Uevent;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class HostTest {
    private static final String MACHINE = """
            level: linux-6.12
            adapters: {5: CEX5C, 6: CEX5A}
            usage-domains: [4, 0x47]
            """;

    private static Host host(String more) throws FileFormatException {
        return MachineFile.parse(MACHINE + more, "m.yaml").boot(new VirtualTime());
    }

    private static Errno errno(Executable refused) {
        return assertThrows(ErrnoException.class, refused).errno();
    }

    @Nested
    class Files {
        private final Host host;

        Files() throws FileFormatException {
            host = host("");
        }

        @Test
        void linksAreFollowedInTheMiddleAndAtTheEndOfAPath() throws ErrnoException {
            assertEquals("CEX5C\n", host.read("/sys/bus/ap/devices/card05/type"));
            assertEquals("CEX5C\n", host.read("/sys/bus/ap/devices/05.0004/../type"));
            assertEquals("1\n", host.read("/sys/bus/ap/drivers/cex4queue/05.0004/online"));
        }

        @Test
        void aLinkIsReadAsItStands() throws ErrnoException {
            assertEquals("../../../devices/ap/card05", host.readLink("/sys/bus/ap/devices/card05"));
        }

        @Test
        void whatIsNotThereIsEnoent() {
            assertEquals(Errno.ENOENT, errno(() -> host.read("/sys/bus/ap/nothing")));
            assertEquals(Errno.ENOENT, errno(() -> host.write("/sys/bus/ap/nothing", "1")));
            assertEquals(Errno.ENOENT, errno(() -> host.read("/proc/cpuinfo")));
        }

        @Test
        void aFileIsNoDirectory() {
            assertEquals(Errno.ENOTDIR, errno(() -> host.read("/sys/bus/ap/apmask/x")));
            assertEquals(Errno.ENOTDIR, errno(() -> host.read("/sys/bus/ap/apmask/")));
        }

        @Test
        void aDirectoryIsNoFile() {
            assertEquals(Errno.EISDIR, errno(() -> host.read("/sys/bus/ap")));
            assertEquals(Errno.EISDIR, errno(() -> host.write("/sys/bus/ap", "1")));
        }

        @Test
        void theModeBindsRootToo() {
            assertEquals(Errno.EACCES, errno(() -> host.read("/sys/bus/ap/drivers/cex4queue/bind")));
            assertEquals(Errno.EACCES, errno(() -> host.write("/sys/bus/ap/ap_max_domain_id", "1")));
        }

        @Test
        void aWriteOfNothingNeverReachesTheAttribute() throws ErrnoException {
            assertEquals(0, host.write("/sys/bus/ap/apmask", ""));
            assertEquals("0x" + "f".repeat(64) + "\n", host.read("/sys/bus/ap/apmask"));
        }

        @Test
        void aWriteReturnsTheBytesTaken() throws ErrnoException {
            assertEquals(3, host.write("/sys/bus/ap/config_time", "60\n"));
        }

        @Test
        void aDeviceNodeIsOpenedByItsDriver() throws ErrnoException {
            try (OpenFile file = host.files().open("/dev/vfio/vfio", true, true)) {
                assertEquals(Errno.EINVAL, errno(() -> file.read(1)));
            }
        }

        @Test
        void anOpenAttributeIsReadOnFromItsOffset() throws ErrnoException {
            try (OpenFile file = host.files().open("/sys/bus/ap/apmask", true, true)) {
                assertEquals("0xff", new String(file.read(4), ISO_8859_1));
                assertEquals("f".repeat(62) + '\n', new String(file.read(100), ISO_8859_1));
                assertEquals(0, file.read(100).length);
            }
        }

        @Test
        void theAccessOfOpenBinds() throws ErrnoException {
            try (OpenFile file = host.files().open("/sys/bus/ap/apmask", true, false)) {
                assertEquals(Errno.EBADF, errno(() -> file.write("0x0".getBytes(ISO_8859_1))));
            }
            try (OpenFile file = host.files().open("/sys/bus/ap/apmask", false, true)) {
                assertEquals(Errno.EBADF, errno(() -> file.read(1)));
            }
        }

        @Test
        void aDirectoryOpensForReadingAndCannotBeRead() throws ErrnoException {
            try (OpenFile file = host.files().open("/sys/bus/ap", true, false)) {
                assertEquals(Errno.EISDIR, errno(() -> file.read(1)));
            }
            assertEquals(Errno.EISDIR, errno(() -> host.files().open("/sys/bus/ap", false, true)));
        }
    }

    @Nested
    class Modules {
        @Test
        void aModuleNeedsThoseThatItDependsOn() throws FileFormatException {
            Host host = host("modules: []\n");

            assertEquals(Errno.ENOENT, errno(() -> host.insmod("zcrypt_cex4")));
            assertEquals(Errno.ENOENT, errno(() -> host.insmod("vfio_ap")));
            assertEquals(Errno.ENOENT, errno(() -> host.insmod("nosuch")));
        }

        @Test
        void whatItMissesIsNamedInTheLog() throws FileFormatException {
            Host host = host("modules: []\n");
            List<String> log = new ArrayList<>();
            host.kernel().onLog(log::add);

            errno(() -> host.insmod("zcrypt"));

            assertEquals(List.of("zcrypt: Unknown symbol hwrng_unregister (err -2)",
                    "zcrypt: Unknown symbol hwrng_register (err -2)"), log);
        }

        @Test
        void theNameOfAFileMayHaveHyphensTheNameOfAModuleNot() throws FileFormatException, ErrnoException {
            Host host = host("modules: []\n");
            host.insmod("rng-core");

            assertEquals(Errno.EEXIST, errno(() -> host.insmod("rng_core")));
            assertNotNull(host.kernel().module("rng_core"));
            assertEquals(Errno.ENOENT, errno(() -> host.rmmod("rng-core")));
            host.rmmod("rng_core");
        }

        @Test
        void whatIsPartOfTheKernelIsNeitherLoadedNorUnloaded() throws FileFormatException {
            Host host = host("");

            assertEquals(Errno.ENOENT, errno(() -> host.insmod("ap")));
            assertEquals(Errno.ENOENT, errno(() -> host.rmmod("ap")));
        }

        @Test
        void parametersThatItDoesNotKnowAreIgnored() throws FileFormatException, ErrnoException {
            Host host = host("modules: [zcrypt]\n");
            List<String> log = new ArrayList<>();
            host.kernel().onLog(log::add);

            host.insmod("zcrypt_cex4", " x  \"y z=1\" w= -- v");

            assertEquals(List.of("zcrypt_cex4: unknown parameter 'x' ignored",
                    "zcrypt_cex4: unknown parameter 'y z' ignored", "zcrypt_cex4: unknown parameter 'w' ignored",
                    "zcrypt_cex4: parameters 'v' after `--' ignored"),
                    log.subList(0, 4));
        }

        @Test
        void parametersThatItKnowsAreNumbersOf32Bits() throws FileFormatException, ErrnoException {
            Host host = MachineFile.parse(MACHINE.replace("6.12", "7.2") + "modules: [rng_core]\n", "m.yaml")
                    .boot(new VirtualTime());
            List<String> log = new ArrayList<>();
            host.kernel().onLog(log::add);

            assertEquals(Errno.EINVAL, errno(() -> host.insmod("zcrypt", "mempool_threshold=-1")));
            assertEquals(Errno.EINVAL, errno(() -> host.insmod("zcrypt", "mempool_threshold")));
            assertEquals(Errno.EINVAL, errno(() -> host.insmod("zcrypt", "mempool_threshold=0")));
            assertEquals(Errno.ERANGE, errno(() -> host.insmod("zcrypt", "mempool_threshold=4294967296")));
            assertEquals(List.of("zcrypt: `-1' invalid for parameter `mempool_threshold'",
                    "zcrypt: `' invalid for parameter `mempool_threshold'",
                    "zcrypt: `4294967296' invalid for parameter `mempool_threshold'"), log);
            host.insmod("zcrypt", "mempool-threshold=\"0x10\"");
            assertEquals("16\n", host.read("/sys/module/zcrypt/parameters/mempool_threshold"));
        }

        @Test
        void zcryptStaysWhileAProgramHasItsDeviceOpen() throws Exception {
            Host host = host("modules: [zcrypt]\n");
            host.write("/sys/class/zcrypt/create", "n1");
            List<String> headers = new ArrayList<>();
            host.kernel().onUevent((Uevent event) -> headers.add(event.header()));

            try (var file = host.files().open("/dev/n1", true, true)) {
                assertNotNull(file);
                assertEquals(Errno.EAGAIN, errno(() -> host.rmmod("zcrypt")));
            }
            host.rmmod("zcrypt");

            assertEquals(List.of("remove@/devices/virtual/zcrypt/n1", "remove@/class/zcrypt",
                    "remove@/devices/virtual/misc/z90crypt", "remove@/module/zcrypt"), headers);
        }

        @Test
        void aFurtherNodeTakesNoNameInDevThatIsTaken() throws Exception {
            Host host = host("modules: [zcrypt]\n");
            var z90crypt = host.files().node("/dev/z90crypt");

            for (String name : List.of("z90crypt", "vfio", "vfio/vfio", "vfio/vfio/x", ".", "..")) {
                host.write("/sys/class/zcrypt/create", name);
            }
            host.write("/sys/class/zcrypt/create", "x/y");

            assertEquals(z90crypt, host.files().node("/dev/z90crypt"));
            assertEquals(List.of("vfio", "vfio/vfio", "x", "x/y", "z90crypt"), nodes(host, "").stream().sorted()
                    .filter(path -> !path.equals("hwrng") && !path.equals("kvm")).toList());
            assertEquals(Errno.ENOENT, errno(() -> host.write("/sys/class/zcrypt/destroy", "x/y")));
            assertEquals(Errno.EEXIST, errno(() -> host.write("/sys/class/zcrypt/create", "x/y")));
            host.write("/sys/class/zcrypt/destroy", "x!y");
            host.write("/sys/class/zcrypt/destroy", "z90crypt");
            assertEquals(z90crypt, host.files().node("/dev/z90crypt"));
        }

        private static List<String> nodes(Host host, String below) throws ErrnoException {
            List<String> paths = new ArrayList<>();
            if (host.files().node("/dev/" + below.replaceAll("/$", "")) instanceof SysfsDirectory directory) {
                for (String name : directory.names()) {
                    paths.add(below + name);
                    paths.addAll(nodes(host, below + name + '/'));
                }
            }
            return paths;
        }

        @Test
        void bootLoadsWhatAModuleDependsOn() throws FileFormatException {
            Host host = host("modules: [zcrypt_cex4]\n");

            assertNotNull(host.kernel().module("zcrypt"));
            assertNull(host.kernel().module("vfio_ap"));
        }

        @Test
        void aModuleInUseCannotBeUnloaded() throws FileFormatException, ErrnoException {
            Host host = host("");

            assertEquals(Errno.EAGAIN, errno(() -> host.rmmod("mdev")));
            assertEquals(Errno.EAGAIN, errno(() -> host.rmmod("zcrypt")));
            host.rmmod("vfio_ap");
            host.rmmod("mdev");
            assertEquals(Errno.ENOENT, errno(() -> host.rmmod("mdev")));
        }

        @Test
        void loadingAnnouncesTheModuleAtTheEnd() throws FileFormatException, ErrnoException {
            Host host = host("modules: []\n");
            List<String> headers = new ArrayList<>();
            host.kernel().onUevent((Uevent event) -> headers.add(event.header()));

            host.insmod("mdev");

            assertEquals(List.of("add@/bus/mdev", "add@/module/mdev"), headers);
        }

        @Test
        void driversForOldCardsExistOnlyInTheSystemOfTheSpecification() throws FileFormatException, ErrnoException {
            Host old = MachineFile.parse("adapters: {1: CEX3A}\nusage-domains: [4]\n", "m").boot(new VirtualTime());

            assertEquals("../../../../bus/ap/drivers/cex2aqueue",
                    old.readLink("/sys/devices/ap/card01/01.0004/driver"));
            assertEquals(Errno.ENOENT, errno(() -> host("").insmod("zcrypt_cex2a")));
        }
    }

    @Nested
    class WithoutAp {
        private static Host host() {
            return Host.boot(SimulatedMachine.builder(new VirtualTime()).apInstalled(false).build(),
                    new HostOptions(Level.LINUX_6_12, "", List.of("zcrypt", "mdev")));
        }

        @Test
        void thereIsNoBus() {
            assertNull(host().bus());
            assertEquals(Errno.ENOENT, errno(() -> host().read("/sys/bus/ap/apmask")));
        }

        @Test
        void driversThatNeedTheBusDoNotLoad() {
            assertEquals(Errno.EINVAL, errno(() -> host().insmod("zcrypt_cex4")));
            assertEquals(Errno.ENODEV, errno(() -> host().insmod("vfio_ap")));
        }
    }
}

package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Uevent;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

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
        void onlyADeviceNodeCanBeOpenedAsOne() throws Exception {
            assertEquals(Errno.EINVAL, errno(() -> host.files().openDevice("/sys/bus/ap/apmask")));
            try (var file = host.files().openDevice("/dev/vfio/vfio")) {
                assertNotNull(file);
            }
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
        void hyphenAndUnderscoreAreTheSame() throws FileFormatException, ErrnoException {
            Host host = host("modules: []\n");
            host.insmod("rng-core");

            assertEquals(Errno.EEXIST, errno(() -> host.insmod("rng_core")));
            assertNotNull(host.kernel().module("rng_core"));
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
        private static Host host() throws FileFormatException {
            Scenario scenario = Scenario.parse("hardware: {ap: false}\nsteps: []\n", "s");
            return Host.boot(scenario.machine().build(new VirtualTime(), false),
                    new HostOptions(Level.LINUX_6_12, "", List.of("zcrypt", "mdev")));
        }

        @Test
        void thereIsNoBus() throws FileFormatException {
            assertNull(host().bus());
            assertEquals(Errno.ENOENT, errno(() -> host().read("/sys/bus/ap/apmask")));
        }

        @Test
        void driversThatNeedTheBusDoNotLoad() throws FileFormatException {
            assertEquals(Errno.EINVAL, errno(() -> host().insmod("zcrypt_cex4")));
            assertEquals(Errno.ENODEV, errno(() -> host().insmod("vfio_ap")));
        }
    }
}

import java.util.List;

import org.apvirt.arch.Facilities;
import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.HostCpu;
import org.apvirt.cpu.QemuVersion;
import org.apvirt.qemu.QemuCheck;
import org.apvirt.qemu.QemuHost;

/** What QEMU would say to a command line. */
class Main {
    public static void main(String[] args) {
        HostCpu z14 = HostCpu.kvm(QemuVersion.V10_2, CpuDefinition.Z14, Facilities.of(12, 15, 65), true);
        QemuCheck check = QemuCheck.of(QemuHost.kvm(z14, null), List.of("qemu-system-s390x", "-cpu", "zEC12", //
                "-device", "vfio-ap,sysfsdev=/sys/bus/mdev/devices/69e2b2dd"));
        assert check.exitStatus() == 1 && check.messages().get(0).contains("No 'ap-bus' bus found");
    }
}

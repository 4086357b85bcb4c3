import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.arch.VirtualTime;
import org.apvirt.host.Host;
import org.apvirt.machine.MachineFile;

/** A booted host, out of a machine file. */
class Main {
    public static void main(String[] args) throws Exception {
        Path file = Files.createTempFile("machine", ".yaml");
        Files.writeString(file, "adapters: {5: CEX8C}\nusage-domains: [4]\n");
        Host host = MachineFile.read(file).boot(new VirtualTime());
        Files.delete(file);
        assert host.read("/sys/devices/ap/card05/type").equals("CEX8C\n");
    }
}

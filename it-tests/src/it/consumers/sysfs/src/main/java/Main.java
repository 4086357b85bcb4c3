import java.nio.file.Files;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;
import org.apvirt.sysfs.SysfsFileSystem;

/** The tree of a kernel as a file system of Java. */
class Main {
    public static void main(String[] args) throws Exception {
        assert Files.isDirectory(SysfsFileSystem.of(new Kernel(new VirtualTime()).sys()).getPath("/bus"));
    }
}

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.vfioap.VfioApModule;

/** The driver on a kernel that has no AP bus: what it says then. */
class Main {
    public static void main(String[] args) {
        try {
            VfioApModule.load(new Kernel(new VirtualTime()), null);
            throw new AssertionError("loaded");
        } catch (ErrnoException e) {
            System.out.println(e.getMessage());
        }
    }
}

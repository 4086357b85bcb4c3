import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;

/** A kernel without any AP in it, whose log somebody follows. */
class Main {
    public static void main(String[] args) throws Exception {
        Kernel kernel = new Kernel(new VirtualTime());
        List<String> lines = new ArrayList<>();
        try (AutoCloseable follower = kernel.onLog(lines::add)) {
            kernel.log("hello");
        }
        assert lines.equals(List.of("hello")) : lines;
    }
}

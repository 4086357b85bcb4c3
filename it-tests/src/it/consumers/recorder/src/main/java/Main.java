import java.nio.file.Path;
import java.util.List;

import org.apvirt.machine.FileFormatException;
import org.apvirt.record.KernelImage;
import org.apvirt.record.Recorder;

/** Records nothing: there is no such scenario, and that is said before a kernel is started. */
class Main {
    public static void main(String[] args) throws Exception {
        KernelImage image = new KernelImage(Path.of("vmlinuz"), null, Path.of("modules"), List.of(), "qemu-system-s390x",
                "", 120);
        try {
            new Recorder(image, System.err::println).record(Path.of("none.yaml"));
            throw new AssertionError("recorded");
        } catch (FileFormatException e) {
            assert e.getMessage().contains("none.yaml") : e;
        }
    }
}

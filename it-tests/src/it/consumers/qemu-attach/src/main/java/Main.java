import java.nio.file.Path;

import org.apvirt.plugin.PluginFile;

/** What QEMU is to be started with, so that its guest's AP instructions come to a socket. */
class Main {
    public static void main(String[] args) {
        String option = PluginFile.option(Path.of("plugin.so"), Path.of("socket"));
        assert option.contains("plugin.so") && option.contains("socket") : option;
    }
}

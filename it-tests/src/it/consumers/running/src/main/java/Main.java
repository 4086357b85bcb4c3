import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;

/** A machine that runs, with its control plane on a socket. */
class Main {
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("running");
        Path file = Files.writeString(directory.resolve("machine.yaml"), "adapters: {5: CEX8C}\nusage-domains: [4]\n");
        Path socket = directory.resolve("control");
        try (ControlServer server = ControlServer.open(socket, RunningMachine.boot(file, null), "mine")) {
            assert Files.exists(socket);
        }
        System.exit(0);
    }
}

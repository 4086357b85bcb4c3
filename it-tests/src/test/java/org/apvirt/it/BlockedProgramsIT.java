// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.RealTime;
import org.apvirt.host.Host;
import org.apvirt.kvm.Kvm;
import org.apvirt.kvm.KvmVm;
import org.apvirt.machine.MachineFile;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsMount;
import org.apvirt.vfio.KvmVfioDevice;
import org.apvirt.vfio.VfioContainer;
import org.apvirt.vfio.VfioDeviceFile;
import org.apvirt.vfio.VfioGroupFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Programs that a busy machine lets wait, through a real mount, and signals to them. */
@Timeout(60)
class BlockedProgramsIT {
    private static final String UUID = "2d88d55e-9ceb-4f54-91ad-13c07fd4ff01";
    private static final Apqn QUEUE = new Apqn(5, 4);
    private static final int FOREVER = -1;

    @TempDir
    private Path point;
    private final RealTime time = new RealTime();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private SimulatedMachine machine;
    private Host host;
    private SysfsMount mount;
    private Process program;

    @BeforeEach
    void mounted() throws Exception {
        ExecutedProgram.requireFuse();
        MachineFile file = MachineFile.parse("""
                level: linux-6.12
                adapters: {5: {type: CEX5C, serial: CARDFIVE}}
                usage-domains: [4]
                """, "test");
        machine = file.machine().build(time, false);
        host = file.boot(machine);
        host.kernel().onLog(log::add);
        mount = SysfsMount.mount(host.root(), point);
        awaitRandomFeed();
    }

    /** The kernel asks a new card for random bytes; a later request finds the queue empty. */
    private void awaitRandomFeed() throws Exception {
        String counts = "";
        for (int i = 0; !counts.equals("1 0 0"); i++) {
            assertTrue(i < 1000, "the random feed has not got its numbers: " + counts);
            Thread.sleep(10);
            counts = String.join(" ", count("request_count"), count("requestq_count"), count("pendingq_count"));
        }
    }

    private String count(String attribute) throws Exception {
        return host.read("/sys/devices/ap/card05/" + attribute).strip();
    }

    @AfterEach
    void unmounted() throws Exception {
        machine.setResponse(QUEUE, FOREVER);
        if (program != null) {
            program.destroyForcibly().waitFor();
        }
        mount.close();
        time.close();
    }

    private void sh(String script) throws Exception {
        program = new ProcessBuilder("bash", "-c", script).directory(point.resolve("sys").toFile())
                .redirectErrorStream(true).start();
    }

    private void kill(String signal) throws Exception {
        assertEquals(0, Programs.run(List.of("kill", "-" + signal, Long.toString(program.pid()))).status());
    }

    private String end(int status) throws Exception {
        String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(program.waitFor(10, TimeUnit.SECONDS));
        assertEquals(status, program.exitValue(), said);
        return said;
    }

    private void awaitLog(String part) throws Exception {
        for (int i = 0; log.stream().noneMatch(line -> line.contains(part)); i++) {
            assertTrue(i < 1000, log::toString);
            Thread.sleep(10);
        }
    }

    private void assignQueue() throws Exception {
        sh("cd bus/ap && echo -5 >apmask && cd ../../devices/vfio_ap/matrix"
                + " && echo " + UUID + " >mdev_supported_types/vfio_ap-passthrough/create"
                + " && echo 5 >" + UUID + "/assign_adapter && echo 4 >" + UUID + "/assign_domain");
        end(0);
    }

    @Test
    void aReaderOfABusyCardCanBeTimedOut() throws Exception {
        machine.setResponse(QUEUE, ApResponseCode.RESET_IN_PROGRESS.code());
        sh("exec timeout 0.5 cat devices/ap/card05/serialnr");
        end(124);
        machine.setResponse(QUEUE, FOREVER);
        sh("cat devices/ap/card05/requestq_count");
        assertEquals("0\n", end(0));
    }

    @Test
    void theWaitForAResetOutlivesItsProgramUntilTheFaultIsLifted() throws Exception {
        assignQueue();
        machine.setResponse(QUEUE, ApResponseCode.BUSY.code());
        sh("exec 2>&1; echo 05.0004 >bus/ap/drivers/vfio_ap/unbind");
        awaitLog("Waited 40ms for reset of queue 05.0004");
        kill("KILL");
        assertFalse(program.waitFor(200, TimeUnit.MILLISECONDS));
        machine.setResponse(QUEUE, FOREVER);
        end(128 + 9);
        sh("ls bus/ap/drivers/vfio_ap/");
        assertFalse(end(0).contains("05.0004"));
    }

    @Test
    void theRemovalOfADeviceInUseNamesItsProgramAndGoesOn() throws Exception {
        assignQueue();
        KvmVm vm = Kvm.of(host.kernel()).createVm(1, 10);
        KvmVfioDevice link = KvmVfioDevice.of(vm);
        VfioGroupFile group = (VfioGroupFile) host.files().open("/dev/vfio/0", true, true);
        VfioContainer container = (VfioContainer) host.files().open("/dev/vfio/vfio", true, true);
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1);
        link.add(group);
        VfioDeviceFile device = group.device(UUID);
        sh("exec python3 -c 'open(\"devices/vfio_ap/matrix/" + UUID + "/remove\", \"w\").write(\"1\")'");
        awaitLog("blocked until released by user");
        kill("TERM");
        awaitLog("Device is currently in use, task \"python3\" (" + program.pid()
                + ") blocked until device is released");
        assertFalse(program.waitFor(200, TimeUnit.MILLISECONDS));
        device.close();
        end(128 + 15);
        assertFalse(Files.exists(point.resolve("sys/devices/vfio_ap/matrix/" + UUID)));
        link.close();
        group.close();
        container.close();
        vm.close();
    }
}

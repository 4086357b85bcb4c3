// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;
import org.apvirt.host.Level;
import org.apvirt.machine.MachineFile;
import org.apvirt.running.ControlException.Reason;
import org.apvirt.sim.AssociationSecret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class MachineControlTest extends BootedMachineFixture {
    @Test
    void aPluggedCardIsSeenByTheNextScan() throws Exception {
        plug(7, "CEX8P");
        assertFalse(running.card(7).seen());
        assertTrue(control.scan());
        assertTrue(running.card(7).seen());
        assertEquals("CEX8P\n", control.read("/sys/devices/ap/card07/type"));
        control.unplug(7);
        control.scan();
        assertEquals(Errno.ENOENT, errno(() -> control.read("/sys/devices/ap/card07/type")));
    }

    @Test
    void aPluggedCardIsSeenAtOnceIfItIsReported() throws Exception {
        plug(7, "CEX8P");
        control.reportChange();
        for (int i = 0; i < 500 && !running.card(7).seen(); i++) {
            Thread.sleep(10);
        }
        assertTrue(running.card(7).seen());
    }

    @Test
    void cardsAndDomainsChangeUnderTheKernel() throws Exception {
        control.configure(6, false);
        control.checkstop(5, true);
        control.leaveDomain(0x47);
        control.scan();
        assertEquals("0\n", control.read("/sys/devices/ap/card06/config"));
        assertEquals("1\n", control.read("/sys/devices/ap/card05/chkstop"));
        assertEquals(Errno.ENOENT, errno(() -> control.read("/sys/devices/ap/card05/05.0047/config")));
    }

    @Test
    void whatIsThereIsNotPluggedAgainAndWhatIsNotIsNotTakenOut() throws Exception {
        control.configure(5, false);
        refused(Reason.CONFLICT, "apid", () -> plug(5, "CEX8C"));
        assertEquals("CEX5C", running.card(5).type());
        assertFalse(running.card(5).config());
        refused(Reason.MISSING, "apid", () -> control.unplug(9));
        refused(Reason.MISSING, "apid", () -> control.configure(9, true));
        refused(Reason.MISSING, "apid", () -> control.checkstop(9, true));
        refused(Reason.CONFLICT, "domain", () -> control.joinDomain(4));
        refused(Reason.MISSING, "domain", () -> control.leaveDomain(5));
        refused(Reason.MISSING, "apqn", () -> running.faults().liftResponse(new Apqn(5, 4)));
        refused(Reason.MISSING, "name", () -> running.guests().stop("nobody"));
        refused(Reason.MISSING, "apqn", () -> running.queue(new Apqn(9, 4)));
    }

    @Test
    void theDumpIsAMachineFileOfTheStateNow() throws Exception {
        plug(7, "CEX8P");
        control.configure(6, false);
        MachineFile again = MachineFile.parse(control.describe(), "dump");
        assertEquals(List.of(5, 6, 7), List.copyOf(again.machine().adapters().keySet()));
        assertFalse(again.machine().adapters().get(6).configured());
        assertEquals(running.machine().usageDomains(), again.machine().usageDomains());
        assertEquals(running.file().level(), again.level());
    }

    @Test
    void theDumpHasTheFactsOfEachCardAsItTellsThem() throws Exception {
        boot("""
                adapters:
                  1: z16-cex8c
                  2: {profile: z16-cex8p, serial: "93AADHZU42082261"}
                  3: {type: CEX8C, class: 0x40, serial: '"x\\y"'}
                  4: {type: CEX5A, functions: 0}
                  5: CEX8P
                  6: CEX3A
                """, null);
        String dump = control.describe();
        assertTrue(
                dump.contains(
                        """
                                  1: {type: CEX8C, functions: 0x92800000, depth: 8, serial: "00LY0001", config: true, checkstop: false}
                                  2: {type: CEX8P, functions: 0x06800000, depth: 8, serial: "93AADHZU42082261", config: true, \
                                checkstop: false}
                                  3: {type: CEX8C, functions: 0xf2400000, depth: 8, serial: "\\"x\\\\y\\"", config: true, checkstop: false}
                                  4: {type: CEX5A, functions: 0x00000000, depth: 8, serial: "00LY0004", config: true, checkstop: false}
                                  5: {type: CEX8P, depth: 8, serial: "00LY000000000005", config: true, checkstop: false}
                                  6: {type: CEX3A, depth: 8, serial: "00LY0006", config: true, checkstop: false}
                                """),
                dump);
        MachineFile again = MachineFile.parse(dump, "dump");
        again.machine().adapters().forEach((apid, card) -> {
            assertEquals(running.file().machine().adapters().get(apid).functions(), card.functions());
            assertEquals(running.file().machine().adapters().get(apid).serial(), card.serial());
        });
        boot(dump, null);
        assertEquals(dump, control.describe());
        assertEquals("93AADHZU42082261", running.card(2).serial());
    }

    @Test
    void whatFollowsFromTheLevelFollowsTheOneThatIsPlayed() throws Exception {
        String text = "level: linux-6.12\nadapters: {5: CEX5C}\nusage-domains: [4]\n";
        for (Level level : List.of(Level.SEED, Level.LINUX_7_2)) {
            boot(text, level);
            MachineFile file = MachineFile.parse(text.replace("linux-6.12", level.toString()), "same");
            MachineFile again = MachineFile.parse(control.describe(), "dump");
            assertEquals(level, again.level());
            assertEquals(file.qemu(), again.qemu());
            assertEquals(file.modules(), again.modules());
        }
    }

    @Test
    void theDumpHasTheFaultsOfFileAndOperatorUntilTheyAreLifted() throws Exception {
        boot("""
                secure-guest: true
                secrets: [backup]
                adapters: {5: CEX5C}
                usage-domains: [4]
                faults:
                  - {apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}
                  - {apqn: 05.0004, instruction: reset, delay: 2000s}
                """, null);
        running.faults().respond(new Apqn(5, 4), 2);
        String dump = control.describe();
        assertTrue(dump.endsWith("""
                faults:
                  - {apqn: 05.0004, instruction: dqap, nth: 3, response: 0x04, delay: 20ms}
                  - {apqn: 05.0004, instruction: reset, nth: 1, delay: 2000s}
                  - {apqn: 05.0004, response: 0x02}
                """), dump);
        MachineFile again = MachineFile.parse(dump, "dump");
        assertEquals(2, again.machine().faults().size());
        assertEquals(Map.of(new Apqn(5, 4), 2), again.machine().responses());
        assertTrue(again.machine().secureGuest());
        assertEquals(List.of(AssociationSecret.named("backup")), again.machine().secrets());
        running.faults().liftAll();
        assertFalse(control.describe().contains("faults:"));
    }

    /** The reset of a queue does not end; everything is looked at meanwhile, and the fault is lifted. */
    @Test
    void lookingAndChangingTheHardwareGoOnWhileTheKernelWaits() throws Exception {
        createDevice();
        running.faults().respond(new Apqn(5, 4), 2);
        Job rmmod = running.jobs().start("remove", () -> control.write(MATRIX + UUID + "/remove", "1"));
        assertFalse(rmmod.await(Duration.ofMillis(300)));
        assertEquals(4, running.status("test", true).queues().size());
        assertEquals(QueueStatus.Owner.VFIO_AP, running.queue(new Apqn(5, 4)).owner());
        assertEquals(5, running.host().modules().size());
        plug(8, "CEX8C");
        running.faults().liftResponse(new Apqn(5, 4));
        assertTrue(rmmod.await(Duration.ofSeconds(10)));
        assertEquals(Job.State.DONE, rmmod.state());
    }

    @Test
    void aResetThatAFaultMadeLongEndsWhenFaultsAreLifted() throws Exception {
        boot("""
                level: linux-6.12
                adapters: {5: CEX5C}
                usage-domains: [4]
                faults: [{apqn: 05.0004, instruction: reset, delay: 2000s}]
                """, null);
        Job scan = running.jobs().start("unbind",
                () -> control.write("/sys/bus/ap/drivers/cex4queue/unbind", "05.0004"));
        scan.await(Duration.ofSeconds(2));
        control.write("/sys/bus/ap/apmask", "-5");
        control.write(MATRIX + "mdev_supported_types/vfio_ap-passthrough/create", UUID);
        running.faults().liftAll();
        control.write(MATRIX + UUID + "/assign_adapter", "5");
        Job remove = running.jobs().start("remove", () -> control.write(MATRIX + UUID + "/remove", "1"));
        assertTrue(remove.await(Duration.ofSeconds(10)));
    }

    @Test
    void whateverAJobThrowsIsItsOwnAffair() throws Exception {
        Job job = running.jobs().start("break", () -> {
            throw new StackOverflowError();
        });
        assertTrue(job.await(Duration.ofSeconds(5)));
        assertEquals(Job.State.FAILED, job.state());
        assertInstanceOf(StackOverflowError.class, job.failure());
    }

    @Test
    void thereIsRoomForSoManyJobsAndForMoreOnceTheyAreOver() throws Exception {
        java.util.concurrent.CountDownLatch gate = new java.util.concurrent.CountDownLatch(1);
        for (int i = 0; i < Jobs.MOST_RUNNING; i++) {
            running.jobs().start("wait", () -> {
                gate.await();
                return null;
            });
        }
        refused(Reason.BUSY, null, () -> running.jobs().start("one more", () -> null));
        gate.countDown();
        Job last = null;
        for (int i = 0; i < 1000; i++) {
            last = startWhenThereIsRoom();
            assertTrue(last.await(Duration.ofSeconds(5)));
        }
        assertTrue(running.jobs().list().size() <= 65 + 1, () -> running.jobs().list().size() + " jobs are kept");
    }

    private Job startWhenThereIsRoom() throws Exception {
        while (true) {
            try {
                return running.jobs().start("next", () -> null);
            } catch (ControlException e) {
                Thread.sleep(1);
            }
        }
    }

    @Test
    void theLogBeginsWithTheBoot() {
        assertTrue(running.log().after(0, 100).stream().anyMatch(entry -> entry.value().contains("MDEV: Registered")));
    }
}

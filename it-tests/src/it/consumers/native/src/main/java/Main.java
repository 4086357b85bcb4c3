import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.RealTime;
import org.apvirt.hw.ApHardware;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.SimulatedMachine;

/** This machine's queues, or those of a simulated machine where this one has none that a program may use. */
class Main {
    public static void main(String[] args) {
        try (RealTime time = new RealTime()) {
            SimulatedMachine simulated = SimulatedMachine.builder(time)
                    .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA)).usageDomains(ApMask.of(4)).build();
            ApHardware.Opened opened = ApHardware.openElse(time, simulated.platform());
            System.out.println("using " + opened);
            ApCommands commands = new ApCommands(opened.platform().instructions(), opened.platform().facilities());
            System.out.printf("05.0004: status %08x%n", commands.tapq(new Apqn(5, 4)));
            assert opened.source() == ApHardware.Source.HARDWARE || commands.tapq(new Apqn(5, 4)) == 0x80000000;
        }
    }
}

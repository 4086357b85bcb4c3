import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApBusParameters;
import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;

/** A kernel on a machine of the user's own: this one has no AP instructions, and the bus says so. */
class Main implements ApInstructions {
    @Override
    public int pqap(ApRegisters registers, Storage storage) {
        return ApInstructions.interruption(ProgramCode.OPERATION);
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        return ApInstructions.interruption(ProgramCode.OPERATION);
    }

    @Override
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        return ApInstructions.interruption(ProgramCode.OPERATION);
    }

    public static void main(String[] args) {
        VirtualTime time = new VirtualTime();
        Kernel kernel = new Kernel(time, ApQuirk.LINUX_6_12);
        kernel.onLog(System.out::println);
        ApBus bus = ApBus.start(kernel, new ApPlatform(new Main(), Facilities.NONE, ApFirmware.UNSUPPORTED,
                ApInterrupts.NONE, time), ApBusParameters.DEFAULT);
        assert bus == null;
    }
}

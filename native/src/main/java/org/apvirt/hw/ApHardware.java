// SPDX-License-Identifier: Apache-2.0
package org.apvirt.hw;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Time;

/**
 * Opens the AP hardware of the machine that this program runs on. There is no hidden fallback: when the hardware cannot
 * be used the answer is the reason, and a simulated machine takes its place only where the caller hands one in.
 */
public final class ApHardware {
    /** What stands behind a platform. */
    public enum Source {
        /** This machine's own AP instructions. */
        HARDWARE,
        /** The simulated machine that the caller handed in. */
        SIMULATOR
    }

    /** What opening ended in. */
    public sealed interface Opening {
        /** Returns what was found out about the hardware. */
        HardwareProbe probe();
    }

    /**
     * A platform to start an AP bus on.
     *
     * @param source what stands behind it
     * @param probe what was found out about the hardware; with {@link Source#SIMULATOR} the reason for taking that
     */
    public record Opened(ApPlatform platform, Source source, HardwareProbe probe) implements Opening {
        @Override
        public String toString() {
            return switch (source) {
                case HARDWARE -> "the hardware: " + probe;
                case SIMULATOR -> "the simulated machine, because the hardware cannot be used: " + probe;
            };
        }
    }

    /**
     * The hardware cannot be used.
     *
     * @param probe why
     */
    public record Refused(HardwareProbe probe) implements Opening {
        @Override
        public String toString() {
            return "the hardware cannot be used: " + probe;
        }
    }

    private ApHardware() {}

    /**
     * Opens the hardware, or tells why it cannot be used. Where this process may not issue the instructions but the
     * kernel helper is loaded and may be opened, they go through that.
     *
     * <p>The platform has no firmware interface and no interrupts: a program can have neither, so adapters are not
     * configured through it and queues are polled.
     *
     * @param time the clock of the platform
     */
    public static Opening open(Time time) {
        HardwareProbe probe = HardwareProbe.run();
        InstructionPort port = probe.reason() == HardwareProbe.Reason.KERNEL_HELPER
                ? new KernelHelper(KernelHelper.open())
                : InstructionPort.PROCESS;
        return open(time, probe, port);
    }

    /**
     * Opens the hardware, else takes the simulated machine; the result says which, and why.
     *
     * @param time the clock of the hardware's platform; the simulated machine has its own
     * @param simulated what takes the place of hardware that cannot be used
     */
    public static Opened openElse(Time time, ApPlatform simulated) {
        return openElse(open(time), simulated);
    }

    static Opening open(Time time, HardwareProbe probe, InstructionPort port) {
        if (!probe.isUsable()) {
            return new Refused(probe);
        }
        ApPlatform platform = new ApPlatform(new NativeInstructions(port), facilities().without(Facilities.APQI),
                ApFirmware.UNSUPPORTED, ApInterrupts.NONE, time);
        return new Opened(platform, Source.HARDWARE, probe);
    }

    static Opened openElse(Opening hardware, ApPlatform simulated) {
        return switch (hardware) {
            case Opened opened -> opened;
            case Refused refused -> new Opened(simulated, Source.SIMULATOR, refused.probe());
        };
    }

    /** What STFLE reports, which every program may ask; nothing on another architecture. */
    static Facilities facilities() {
        NativeOperands memory = new NativeOperands();
        byte[] list = new byte[ApMask.BYTES];
        memory.operand(list.length).put(0, list);
        NativeLibrary.stfle(memory.operandAddress(), list.length / Long.BYTES);
        memory.operand(list.length).get(0, list);
        return Facilities.of(ApMask.load(list, 0).ids().toArray());
    }
}

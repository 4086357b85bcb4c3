// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import org.apvirt.arch.Apqn;
import org.apvirt.device.AttributeFault;
import org.apvirt.device.Kernel;
import org.apvirt.sim.InstructionFault;
import org.apvirt.sim.SimulatedMachine;

/** One fault as a machine file, {@code apvirt ctl fault} and the API say it. */
public sealed interface PlannedFault {
    /** Instructions, or the requests that they bring, go wrong. */
    record OnInstruction(InstructionFault fault) implements PlannedFault {
        @Override
        public String toString() {
            return FaultWriter.text(fault);
        }
    }

    /**
     * A queue answers every instruction with a response code, until somebody lifts that.
     *
     * @param response 0x00..0xff
     */
    record Standing(Apqn apqn, int response) implements PlannedFault {
        @Override
        public String toString() {
            return String.format("{apqn: %s, response: 0x%02x}", apqn, response);
        }
    }

    /** Reads or writes of attributes go wrong. */
    record OnAttribute(AttributeFault fault) implements PlannedFault {
        @Override
        public String toString() {
            return FaultWriter.text(fault);
        }
    }

    /** Has it go wrong on a machine and the kernel on it. */
    default void inject(SimulatedMachine machine, Kernel kernel) {
        switch (this) {
            case OnInstruction it -> machine.inject(it.fault());
            case OnAttribute it -> kernel.attributeFaults().inject(it.fault());
            case Standing it -> machine.setResponse(it.apqn(), it.response());
        }
    }

    /**
     * Reads a fault, for example {@code {card: 5, instruction: nqap, every: 10, response: 0x05}}.
     *
     * @param name what errors call the text
     * @throws FileFormatException the text is no fault
     */
    static PlannedFault parse(String text, String name) throws FileFormatException {
        return FaultReader.read(Document.parse(text, name));
    }
}

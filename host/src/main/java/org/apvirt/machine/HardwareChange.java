// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.DomainKeys;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A change of the machine under the running kernel. It issues no instruction; the next scan notices it, which a report brings about. */
public sealed interface HardwareChange {
    /**
     * Makes the change.
     *
     * @throws IllegalArgumentException the machine has no such adapter, or cannot have the value
     */
    void apply(SimulatedMachine machine);

    /** An adapter is plugged in, or replaced by another. */
    record AddAdapter(AdapterSpec adapter) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.addAdapter(adapter);
        }
    }

    /** An adapter leaves the configuration. */
    record RemoveAdapter(int apid) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.removeAdapter(apid);
        }
    }

    /** A usage domain joins the configuration. */
    record AddDomain(int domain) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.setUsageDomains(machine.usageDomains().with(domain));
        }
    }

    /** A usage domain leaves the configuration. */
    record RemoveDomain(int domain) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.setUsageDomains(machine.usageDomains().without(domain));
        }
    }

    /** The control domains become these; null: the usage domains. */
    record ControlDomains(@Nullable ApMask domains) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.setControlDomains(domains);
        }
    }

    /** One property of an adapter changes: {@code config}, {@code chkstop}, {@code type}, {@code mode}, {@code sclp_fail}. */
    record SetAdapter(int apid, String key, String value) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.adapter(apid).change(adapter -> switch (key) {
                case "config" -> adapter.configured(Boolean.parseBoolean(value));
                case "chkstop" -> adapter.checkstopped(Boolean.parseBoolean(value));
                case "sclp_fail" -> adapter.firmwareRefuses(Boolean.parseBoolean(value));
                case "type" -> adapter.type(Integer.parseInt(value));
                case "mode" -> adapter.mode(AdapterNames.mode(value));
                default -> throw new IllegalArgumentException("unknown property '" + key + "'");
            });
        }
    }

    /** One property of the machine changes: {@code sclp_ap}. */
    record SetMachine(String key, String value) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.setFirmwareInstalled(Boolean.parseBoolean(value)); // sclp_ap is the only key
        }
    }

    /** Nothing changes, but the operating system is told that something did. */
    record Report() implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.reportConfigurationChange();
        }
    }

    /** A queue answers each status query with this response code; null: as usual again. */
    record QueueResponse(Apqn apqn, @Nullable Integer code) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.setResponse(apqn, code == null ? -1 : code);
        }
    }

    /** The keys of a card's domain become others. */
    record ChangeKeys(int apid, int domain, boolean cca, DomainKeys keys) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {
            machine.adapter(apid).cryptoDomain(domain).change(before -> cca
                    ? new DomainKeys(keys.cca(), before.ep11(), before.forbidden())
                    : before.with(keys.ep11()));
        }
    }

    /**
     * From here on the recorder made answers of a card wrong, or no more. The simulated card is not changed.
     *
     * @param which {@code 05.0004/KG}, or an asterisk for all queues
     */
    record ForceAnswer(String which, boolean forced) implements HardwareChange {
        @Override
        public void apply(SimulatedMachine machine) {}
    }
}

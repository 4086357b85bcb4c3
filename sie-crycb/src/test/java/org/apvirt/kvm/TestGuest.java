// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.HexFormat;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A guest of the simulated machine, the registers of one CPU of it, and what the guest's programs see of them. */
final class TestGuest {
    static final int OPERATION = 0x1_0001;
    static final int PRIVILEGED = 0x1_0002;
    static final int SPECIFICATION = 0x1_0006;
    static final int APIE = CryptoAttributes.ENABLE_APIE;

    final KvmGuest guest;
    final KvmCpu cpu;
    final ApRegisters regs = new ApRegisters();
    final ArrayStorage storage = new ArrayStorage(0x1_0000);

    private TestGuest(KvmGuest guest) {
        this.guest = guest;
        this.cpu = guest.newCpu();
    }

    /** A call into KVM. */
    interface Call {
        void run() throws ErrnoException;
    }

    /** Returns why KVM refuses; null: it does not. */
    static @Nullable Errno refusal(Call call) {
        try {
            call.run();
            return null;
        } catch (ErrnoException e) {
            return e.errno();
        }
    }

    /** What KVM does not refuse. */
    static void sure(Call call) {
        Errno errno = refusal(call);
        if (errno != null) {
            throw new IllegalStateException("KVM refused: " + errno);
        }
    }

    /** Adapters 1 and 2 (CEX5C), 5 (CEX6P with ML 4) and 70; domains 4 to 7, 15 and 71; all facilities. */
    static SimulatedMachineBuilder machine(VirtualTime time) {
        return SimulatedMachine.builder(time)
                .adapter(AdapterSpec.of(1, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(2, 11, AdapterMode.CCA))
                .adapter(AdapterSpec.of(5, 12, AdapterMode.EP11).ml(4))
                .adapter(AdapterSpec.of(70, 13, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 5, 6, 7, 15, 71))
                .controlDomains(ApMask.of(4, 5, 200));
    }

    static SimulatedMachine withoutApxa() {
        return machine(new VirtualTime()).qciFlags(0x8000_0000).build();
    }

    /** A guest with APIE and these masks. */
    static TestGuest with(SimulatedMachine machine, ApMask apm, ApMask aqm, ApMask adm) {
        return with(machine, machine.facilities(), apm, aqm, adm);
    }

    static TestGuest with(SimulatedMachine machine, Facilities model, ApMask apm, ApMask aqm, ApMask adm) {
        KvmGuest guest = new KvmGuest(machine.platform());
        sure(() -> {
            guest.cpuModel(model);
            guest.setAttribute(CryptoAttributes.GROUP, APIE);
        });
        setMasks(guest, apm, aqm, adm);
        return new TestGuest(guest);
    }

    /** A guest of the standard machine that owns adapters 1, 2, 5 and domains 4, 5. */
    static TestGuest standard() {
        return with(machine(new VirtualTime()).build(), ApMask.of(1, 2, 5), ApMask.of(4, 5), ApMask.of(4));
    }

    /** A guest inside this one. */
    TestGuest nested(ApMask apm, ApMask aqm, ApMask adm) {
        KvmGuest inner = new KvmGuest(guest.platform());
        sure(() -> inner.setAttribute(CryptoAttributes.GROUP, APIE));
        setMasks(inner, apm, aqm, adm);
        return new TestGuest(inner);
    }

    static void setMasks(KvmGuest guest, ApMask apm, ApMask aqm, ApMask adm) {
        guest.lock().lock();
        try {
            guest.setMasks(apm, aqm, adm);
        } finally {
            guest.lock().unlock();
        }
    }

    static void clearMasks(KvmGuest guest) {
        guest.lock().lock();
        try {
            guest.clearMasks();
        } finally {
            guest.lock().unlock();
        }
    }

    int pqap(long gr0, long gr1, long gr2) {
        return pqap(cpu, gr0, gr1, gr2);
    }

    int pqap(ApInstructions instructions, long gr0, long gr1, long gr2) {
        regs.gr(0, gr0);
        regs.gr(1, gr1);
        regs.gr(2, gr2);
        return instructions.pqap(regs, storage);
    }

    /** NQAP with PSMID in GR2, GR3 and the message in GR4, GR5. */
    int nqap(long gr0, long address, long length) {
        regs.gr(0, gr0);
        regs.gr(1, 0);
        regs.gr(4, address);
        regs.gr(5, length);
        return cpu.nqap(regs, storage, 2, 4);
    }

    /** DQAP with PSMID in GR4, GR5 and the buffer in GR6, GR7. */
    int dqap(long gr0, long address, long length) {
        regs.gr(0, gr0);
        regs.gr(1, 0);
        regs.gr(2, 0);
        regs.gr(6, address);
        regs.gr(7, length);
        return cpu.dqap(regs, storage, 4, 6);
    }

    /** Sends a CCA request that names a domain to queue 01.0006; returns the reply code of the reply, two hex digits. */
    String replyCodeOfARequestFor(int domain) {
        byte[] parameters = CcaFacilityQuery.request("STATICSA");
        int length = Type6Header.LENGTH + Cprbx.LENGTH + parameters.length;
        byte[] message = new byte[length];
        Type6Header.init(message, FunctionCode.AGENT_CCA, FunctionCode.FACILITY_QUERY)
                .toCardLength(1, Cprbx.LENGTH + parameters.length).fromCardLength(2, 4096);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).domain(domain)
                .requestParameterLength(parameters.length).replyDataRoom(4096);
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        storage.store(0, message, 0, length);
        int sent = nqap(0x4000_0106L, 0, length);
        int received = dqap(0x8000_0106L, 0, 0x2000);
        if (sent != 0 || received != 0) {
            throw new AssertionError("NQAP " + sent + ", DQAP " + received + ", status " + regs.low(1));
        }
        return HexFormat.of().toHexDigits(storage.array()[1] == (byte) 0x82 ? storage.array()[4] : 0);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.Set;
import java.util.TreeSet;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sie.SieBlock;
import org.apvirt.sim.SimulatedMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Guest 3 inside guest 2: as KVM on KVM, and as the host's KVM runs it with a shadow. Both give the same queues. */
class NestedGuestTest {
    private static final int SIE_BLOCK = 0x4000;
    private static final int CRYCB = 0x5800;

    private static KvmGuest guest(SimulatedMachine machine, KvmOptions options) throws ErrnoException {
        KvmGuest guest2 = new KvmGuest(machine.platform(), options);
        guest2.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        TestGuest.setMasks(guest2, ApMask.of(1, 2, 9), ApMask.of(4, 5, 15), ApMask.of(4, 200));
        return guest2;
    }

    private static KvmGuest nested(KvmGuest guest2) throws ErrnoException {
        KvmGuest guest3 = new KvmGuest(guest2.platform());
        guest3.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        TestGuest.setMasks(guest3, ApMask.of(2, 5, 9), ApMask.of(5, 6, 15), ApMask.of(4, 5));
        return guest3;
    }

    private static SimulatedMachine machine(boolean apxa) {
        return apxa ? TestGuest.machine(new VirtualTime()).build() : TestGuest.withoutApxa();
    }

    private static Set<Integer> granted(ApInstructions instructions) {
        Set<Integer> qids = new TreeSet<>();
        ApRegisters regs = new ApRegisters();
        ArrayStorage storage = new ArrayStorage(0);
        for (int qid = 0; qid <= 0xffff; qid++) {
            regs.gr(0, qid);
            if (instructions.pqap(regs, storage) == 0) {
                qids.add(qid);
            }
        }
        return qids;
    }

    @ParameterizedTest(name = "APXA {0}")
    @CsvSource({"true", "false"})
    void kvmOnKvmHasTheAndOfAllLevels(boolean apxa) throws ErrnoException {
        KvmGuest guest3 = nested(guest(machine(apxa), KvmOptions.small()));
        assertEquals(apxa ? CrycbFormat.FORMAT_2 : CrycbFormat.FORMAT_1, guest3.format());
        assertEquals(Set.of(0x0205, 0x020f), granted(guest3.newCpu()));
    }

    @Test
    void qciOfTheNestedGuestIsTheAndOfAllLevels() throws ErrnoException {
        KvmGuest guest3 = nested(guest(machine(true), KvmOptions.small()));
        ApRegisters regs = new ApRegisters();
        ArrayStorage block = new ArrayStorage(128);
        regs.gr(0, 0x0400_0000);
        assertEquals(0, guest3.newCpu().pqap(regs, block));
        ApConfigInfo info = ApConfigInfo.load(block.array(), 0);
        assertEquals(ApMask.of(2), info.apm()); // 9 is in no machine, 5 not in guest 2
        assertEquals(ApMask.of(5, 15), info.aqm());
        assertEquals(ApMask.of(4), info.adm());
    }

    @Test
    void masksTakenFromGuest2AreTakenFromGuest3() throws ErrnoException {
        KvmGuest guest2 = guest(machine(true), KvmOptions.small());
        KvmCpu cpu = nested(guest2).newCpu();
        TestGuest.setMasks(guest2, ApMask.of(2), ApMask.of(15), ApMask.NONE);
        assertEquals(Set.of(0x020f), granted(cpu));
    }

    @Nested
    class WithAShadow {
        private final ArrayStorage memory = new ArrayStorage(0x1_0000);
        private final SieBlock sie = SieBlock.at(memory.array(), SIE_BLOCK);
        private final Crycb crycb = Crycb.at(memory.array(), CRYCB);

        private Vsie vsie(KvmGuest guest2, CrycbFormat format) {
            sie.eca(SieBlock.ECA_APIE);
            sie.crycbd(CRYCB | format.bits());
            crycb.apcb(format).masks(ApMask.of(2, 5, 9), ApMask.of(5, 6, 15), ApMask.of(4, 5));
            return new Vsie(guest2.newCpu(), guest2.facilities());
        }

        private Vsie vsie(boolean apxa, CrycbFormat format) throws ErrnoException {
            return vsie(guest(machine(apxa), KvmOptions.of(memory, 0x1_0000)), format);
        }

        private static Set<Integer> queues(Vsie vsie) {
            return granted(new ApInstructions() {
                @Override
                public int pqap(ApRegisters regs, org.apvirt.arch.Storage storage) {
                    return vsie.pqap(regs, storage);
                }

                @Override
                public int nqap(ApRegisters regs, org.apvirt.arch.Storage storage, int r1, int r2) {
                    return vsie.nqap(regs, storage, r1, r2);
                }

                @Override
                public int dqap(ApRegisters regs, org.apvirt.arch.Storage storage, int r1, int r2) {
                    return vsie.dqap(regs, storage, r1, r2);
                }
            });
        }

        @ParameterizedTest(name = "APXA {0}, original {1}")
        @CsvSource({"true,FORMAT_2", "true,FORMAT_1", "true,FORMAT_0", "false,FORMAT_1", "false,FORMAT_0"})
        void guest3HasTheSameQueuesAsKvmOnKvm(boolean apxa, CrycbFormat format) throws ErrnoException {
            Vsie vsie = vsie(apxa, format);
            assertEquals(0, vsie.sie(SIE_BLOCK));
            assertEquals(Set.of(0x0205, 0x020f), queues(vsie));
        }

        @Test
        void s23_s24_sieStartsTheGuestOfTheStateDescriptionWithTheCrycbThatItNames() throws ErrnoException {
            Vsie vsie = vsie(true, CrycbFormat.FORMAT_2);
            int otherBlock = 0x8000;
            int otherCrycb = 0x9800;
            SieBlock other = SieBlock.at(memory.array(), otherBlock);
            other.eca(SieBlock.ECA_APIE);
            other.crycbd(otherCrycb | CrycbFormat.FORMAT_2.bits());
            Crycb.at(memory.array(), otherCrycb).apcb1().masks(ApMask.of(2), ApMask.of(15), ApMask.NONE);
            assertEquals(0, vsie.sie(SIE_BLOCK));
            assertEquals(Set.of(0x0205, 0x020f), queues(vsie));
            assertEquals(0, vsie.sie(otherBlock));
            assertEquals(Set.of(0x020f), queues(vsie));
            sie.crycbd(otherCrycb | CrycbFormat.FORMAT_2.bits());
            assertEquals(0, vsie.sie(SIE_BLOCK));
            assertEquals(Set.of(0x020f), queues(vsie));
        }

        @Test
        void aChangeOfGuest2sMasksRebuildsTheShadow() throws ErrnoException {
            KvmGuest guest2 = guest(machine(true), KvmOptions.of(memory, 0x1_0000));
            Vsie vsie = vsie(guest2, CrycbFormat.FORMAT_2);
            vsie.sie(SIE_BLOCK);
            TestGuest.setMasks(guest2, ApMask.of(2), ApMask.of(15), ApMask.NONE);
            assertEquals(Set.of(0x020f), queues(vsie));
        }

        @Test
        void whatGuest2StoresCountsWithItsNextSie() throws ErrnoException {
            Vsie vsie = vsie(true, CrycbFormat.FORMAT_2);
            vsie.sie(SIE_BLOCK);
            crycb.clearMasks();
            assertEquals(Set.of(0x0205, 0x020f), queues(vsie));
            vsie.sie(SIE_BLOCK);
            assertEquals(Set.of(), queues(vsie));
        }

        @Test
        void aValidityInterceptionStandsInGuest2sBlock() throws ErrnoException {
            Vsie vsie = vsie(true, CrycbFormat.FORMAT_2);
            sie.crycbd(CRYCB | 2);
            assertEquals(0x0022, vsie.sie(SIE_BLOCK));
            assertEquals(0x20, sie.icptcode());
            assertEquals(0x1000, sie.ipa());
            assertEquals(0x0022_0000, sie.ipb());
        }

        @Test
        void anInterceptionOfGuest3StandsInGuest2sBlock() throws ErrnoException {
            Vsie vsie = vsie(true, CrycbFormat.FORMAT_2);
            vsie.sie(SIE_BLOCK);
            ApRegisters regs = new ApRegisters();
            regs.gr(0, 0x0300_0205);
            assertEquals(Vsie.INTERCEPTED, vsie.pqap(regs, new ArrayStorage(0)));
            assertEquals(0x04, sie.icptcode());
            assertEquals(0xb2af, sie.ipa());
        }

        @Test
        void aStateDescriptionOutsideStorageIsRefused() throws ErrnoException {
            assertEquals(0x0035, vsie(true, CrycbFormat.FORMAT_2).sie(0x1_0000));
        }
    }
}

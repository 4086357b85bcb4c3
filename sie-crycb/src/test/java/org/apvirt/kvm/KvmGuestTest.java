// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.kvm.TestGuest.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KvmGuestTest {
    private static final int GROUP = CryptoAttributes.GROUP;
    private static final PqapHook NO_ANSWER = (cpu, regs) -> new PqapOutcome.Completed(new ApQueueStatus(0));

    private final SimulatedMachine machine = TestGuest.machine(new VirtualTime()).build();
    private final KvmGuest guest = new KvmGuest(machine.platform());

    private static KvmGuest withFacilities(int... facilities) {
        return new KvmGuest(
                TestGuest.machine(new VirtualTime()).facilities(Facilities.of(facilities)).build().platform());
    }

    @Nested
    class TheFormat {
        @Test
        void is2WithFacility76AndApxa() {
            assertEquals(CrycbFormat.FORMAT_2, guest.format());
        }

        @Test
        void is1WithoutApxa() {
            assertEquals(CrycbFormat.FORMAT_1, new KvmGuest(TestGuest.withoutApxa().platform()).format());
        }

        @Test
        void is1WithoutQciWhichAloneTellsOfApxa() {
            assertEquals(CrycbFormat.FORMAT_1, withFacilities(15, 65, 76).format());
        }

        @Test
        void is0WithoutFacility76EvenWithApxa() {
            assertEquals(CrycbFormat.FORMAT_0, withFacilities(12, 15, 65).format());
        }

        @Test
        void doesNotChangeWithTheCpuModel() throws ErrnoException {
            guest.cpuModel(Facilities.NONE);
            assertEquals(CrycbFormat.FORMAT_2, guest.format());
        }

        @Test
        void isPartOfTheDesignationOfABlockAt0x800OfAPage() {
            assertEquals(0x803, guest.crycbd() & 0xfff);
            assertTrue(guest.hasCrycb());
        }
    }

    @Nested
    class SettingMasks {
        private final List<MaskChange> changes = new ArrayList<>();

        private void listenTo(KvmGuest listened) {
            listened.onMasks(changes::add);
        }

        @Test
        void isToldWithArgumentsAndTheBytesAfterwards() {
            listenTo(guest);
            TestGuest.setMasks(guest, ApMask.of(5), ApMask.of(4, 0x47), ApMask.of(4));
            MaskChange change = changes.get(0);
            assertFalse(change.isClear());
            assertEquals(ApMask.of(4, 0x47), change.aqm());
            assertEquals(CrycbFormat.FORMAT_2, change.format());
            assertArrayEquals(new byte[32], change.apcb0());
            String masks = "04" + "00".repeat(31) + "0800000000000000" + "01" + "00".repeat(23) + "08"
                    + "00".repeat(31);
            assertArrayEquals(HexFormat.of().parseHex(masks), change.apcb1());
        }

        @Test
        void overwritesAndDoesNotOr() {
            TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.of(4));
            TestGuest.setMasks(guest, ApMask.of(2), ApMask.of(5), ApMask.NONE);
            assertEquals(ApMask.of(2), guest.apcb().apm());
            assertEquals(ApMask.of(5), guest.apcb().aqm());
            assertEquals(ApMask.NONE, guest.apcb().adm());
        }

        @Test
        void tellsEvenWhatDidNotChange() {
            listenTo(guest);
            TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.of(4));
            TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.of(4));
            assertEquals(2, changes.size());
        }

        @Test
        void withoutApxaTellsTheWholeArgumentsAndStoresWhatFits() {
            KvmGuest narrow = new KvmGuest(TestGuest.withoutApxa().platform());
            listenTo(narrow);
            TestGuest.setMasks(narrow, ApMask.of(5, 70), ApMask.of(4, 6, 16), ApMask.of(4));
            MaskChange change = changes.get(0);
            assertEquals(ApMask.of(5, 70), change.apm());
            String apcb0 = "0400000000000000" + "0a00000000000000" + "0800000000000000" + "0000000000000000";
            assertArrayEquals(HexFormat.of().parseHex(apcb0), change.apcb0());
            assertArrayEquals(new byte[96], change.apcb1());
        }

        @Test
        void clearingZeroesBothBlocks() {
            listenTo(guest);
            guest.crycb().apcb0().masks(ApMask.of(3), ApMask.NONE, ApMask.NONE);
            TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.of(4));
            TestGuest.clearMasks(guest);
            assertTrue(changes.get(1).isClear());
            assertArrayEquals(new byte[32], changes.get(1).apcb0());
            assertArrayEquals(new byte[96], changes.get(1).apcb1());
        }

        @Test
        void needsTheGuestsLock() {
            assertThrows(IllegalStateException.class, () -> guest.setMasks(ApMask.NONE, ApMask.NONE, ApMask.NONE));
            assertThrows(IllegalStateException.class, guest::clearMasks);
        }

        @Test
        void isNoLongerToldAfterTheHandleIsClosed() throws Exception {
            guest.onMasks(changes::add).close();
            TestGuest.clearMasks(guest);
            assertEquals(List.of(), changes);
        }
    }

    @Nested
    class TheHook {
        @Test
        void isOnePerGuest() {
            assertTrue(guest.installHook(NO_ANSWER));
            assertFalse(guest.installHook(NO_ANSWER));
            guest.removeHook();
            assertNull(guest.hook());
            assertTrue(guest.installHook(NO_ANSWER));
            assertEquals(NO_ANSWER, guest.hook());
        }
    }

    @Nested
    class CryptoAttribute {
        private static final KvmGuest NO_AP = new KvmGuest(
                TestGuest.machine(new VirtualTime()).apInstalled(false).build().platform());

        @ParameterizedTest(name = "{0}")
        @CsvSource({"0,,", "1,,", "2,,", "3,,", "4,,ENXIO", "5,,ENXIO", "6,ENXIO,ENXIO", "-1,ENXIO,ENXIO"})
        void isThereOrEnxio(int attribute, @Nullable Errno withAp, @Nullable Errno withoutAp) {
            assertEquals(withAp, refusal(() -> guest.hasAttribute(GROUP, attribute)));
            assertEquals(withoutAp, refusal(() -> NO_AP.hasAttribute(GROUP, attribute)));
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource({"0,,EINVAL", "1,,EINVAL", "2,,EINVAL", "3,,EINVAL", "4,,", "5,,", "6,ENXIO,ENXIO"})
        void keyWrappingNeedsFacility76(int attribute, @Nullable Errno withMsa3, @Nullable Errno withoutMsa3) {
            assertEquals(withMsa3, refusal(() -> guest.setAttribute(GROUP, attribute)));
            assertEquals(withoutMsa3, refusal(() -> withFacilities(12, 15, 65).setAttribute(GROUP, attribute)));
        }

        @Test
        void interpretationNeedsApOnTheHost() {
            assertEquals(Errno.EOPNOTSUPP, refusal(() -> NO_AP.setAttribute(GROUP, 4)));
            assertEquals(Errno.EOPNOTSUPP, refusal(() -> NO_AP.setAttribute(GROUP, 5)));
        }

        @Test
        void ofAnotherGroupIsEnxio() {
            assertEquals(Errno.ENXIO, refusal(() -> guest.hasAttribute(1, 4)));
            assertEquals(Errno.ENXIO, refusal(() -> guest.setAttribute(1, 4)));
        }

        @Test
        void cannotBeRead() {
            assertEquals(Errno.ENXIO, refusal(() -> guest.getAttribute(GROUP, 4)));
        }

        @Test
        void reachesCpusThatExistAndCpusThatCome() throws ErrnoException {
            KvmCpu before = guest.newCpu();
            assertFalse(before.sieBlock().apie());
            guest.setAttribute(GROUP, CryptoAttributes.ENABLE_APIE);
            assertTrue(before.sieBlock().apie());
            assertTrue(guest.newCpu().sieBlock().apie());
            guest.setAttribute(GROUP, CryptoAttributes.DISABLE_APIE);
            assertFalse(before.sieBlock().apie());
        }

        @Test
        void aesWrappingHasANewMaskEachTimeAndZeroWhenOff() throws ErrnoException {
            byte[] first = guest.crycb().aesMask();
            guest.setAttribute(GROUP, CryptoAttributes.ENABLE_AES_KW);
            assertFalse(Arrays.equals(first, guest.crycb().aesMask()));
            guest.setAttribute(GROUP, CryptoAttributes.DISABLE_AES_KW);
            assertArrayEquals(new byte[32], guest.crycb().aesMask());
            assertEquals(0x08, guest.newCpu().sieBlock().ecb3());
        }

        @Test
        void deaWrappingIsIndependentOfAes() throws ErrnoException {
            guest.setAttribute(GROUP, CryptoAttributes.DISABLE_DEA_KW);
            assertArrayEquals(new byte[24], guest.crycb().deaMask());
            assertEquals(0x04, guest.newCpu().sieBlock().ecb3());
        }

        @Test
        void eccAndHmacKeysGoWithAesAsFarAsTheHostHasThem() throws ErrnoException {
            KvmOptions ecc = KvmOptions.small().withProtectedKeys(0x0020_0000);
            KvmGuest other = new KvmGuest(machine.platform(), ecc);
            assertEquals(0x0020_0000, other.newCpu().sieBlock().ecd());
            other.setAttribute(GROUP, CryptoAttributes.DISABLE_AES_KW);
            assertEquals(0, other.newCpu().sieBlock().ecd());
        }

        @Test
        void neitherInterpretationNorFacility76MeansNoCrycbInTheSieBlock() throws ErrnoException {
            KvmGuest plain = withFacilities(12, 15, 65);
            assertEquals(0, plain.newCpu().sieBlock().crycbd());
            plain.setAttribute(GROUP, CryptoAttributes.ENABLE_APIE);
            assertEquals(plain.crycbd(), plain.newCpu().sieBlock().crycbd());
            assertTrue(plain.hasCrycb());
        }
    }

    @Nested
    class FacilitiesOffered {
        @ParameterizedTest(name = "facility {0}")
        @ValueSource(ints = {12, 15, 65, 76})
        void areThoseOfTheHost(int facility) {
            assertTrue(guest.facilities().has(facility));
            Facilities others = machine.facilities().without(facility);
            KvmGuest less = new KvmGuest(TestGuest.machine(new VirtualTime()).facilities(others).build().platform());
            assertEquals(others, less.facilities());
        }

        @Test
        void leaveOutInterruptionWhereTheHostDoesNotVirtualizeIt() {
            KvmGuest nested = new KvmGuest(guest.platform());
            assertEquals(Facilities.of(12, 15, 76), nested.facilities());
            assertEquals(0, nested.newCpu().sieBlock().gd());
            assertFalse(nested.newCpu().sieBlock().aiv());
        }

        @Test
        void areFixedOnceThereIsACpu() throws ErrnoException {
            guest.cpuModel(Facilities.of(12));
            guest.newCpu();
            assertEquals(Errno.EBUSY, refusal(() -> guest.cpuModel(Facilities.of(12, 15))));
            assertEquals(Facilities.of(12), guest.facilities());
        }
    }
}

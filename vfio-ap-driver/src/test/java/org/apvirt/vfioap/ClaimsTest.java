// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ClaimsTest {
    private static Holding holding(ApMask apm, ApMask aqm) {
        return new Holding(new ApMatrix(apm, aqm, ApMask.NONE), ApMatrix.NONE);
    }

    @Test
    void aHeldApqnIsAConflictForOthersOnly() {
        Claims claims = new Claims();
        Holding own = holding(ApMask.of(5), ApMask.of(4));
        claims.change(Holding.NONE, own);
        assertTrue(claims.conflict(ApMask.of(5, 6), ApMask.of(4), Holding.NONE));
        assertFalse(claims.conflict(ApMask.of(5, 6), ApMask.of(4), own));
        assertFalse(claims.conflict(ApMask.of(6), ApMask.of(4), Holding.NONE));
    }

    @Test
    void anApqnIsHeldWhileItsAdapterAndItsDomainAre() {
        Claims claims = new Claims();
        Holding own = holding(ApMask.of(0, 255), ApMask.of(63, 64, 255));
        claims.change(Holding.NONE, own);
        for (int qid = 0; qid < 0x10000; qid++) {
            Apqn apqn = Apqn.ofQid(qid);
            assertEquals(own.domainsOf(apqn.apid()).contains(apqn.apqi()), claims.has(apqn), apqn.toString());
        }
        claims.change(own, Holding.NONE);
        assertFalse(claims.has(new Apqn(255, 255)));
    }

    @Test
    void adaptersWithoutDomainsClaimNothing() {
        Claims claims = new Claims();
        claims.change(Holding.NONE, holding(ApMask.ALL, ApMask.NONE));
        assertFalse(claims.conflict(ApMask.ALL, ApMask.ALL, Holding.NONE));
    }

    @Test
    void answersAsTheKernelDoesByComparingAllMatrices() {
        Random random = new Random(7);
        Claims claims = new Claims();
        List<Holding> holders = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            holders.add(Holding.NONE);
        }
        int conflicts = 0;
        for (int step = 0; step < 20_000; step++) {
            int who = random.nextInt(holders.size());
            Holding wanted = holding(some(random), some(random));
            Holding own = holders.get(who);
            boolean expected = false;
            for (int other = 0; other < holders.size(); other++) {
                expected |= other != who
                        && holders.get(other).intersects(wanted.assigned().apm(), wanted.assigned().aqm());
            }
            assertEquals(expected, claims.conflict(wanted.assigned().apm(), wanted.assigned().aqm(), own));
            if (expected) {
                conflicts++;
            } else {
                claims.change(own, wanted);
                holders.set(who, wanted);
            }
        }
        assertTrue(conflicts > 1000 && conflicts < 19_000, conflicts + " conflicts");
    }

    private static ApMask some(Random random) {
        ApMask mask = ApMask.NONE;
        for (int count = random.nextInt(3); count > 0; count--) {
            mask = mask.with(random.nextInt(256));
        }
        return random.nextInt(4) == 0 ? mask.or(ApMask.range(60, 70)) : mask;
    }
}

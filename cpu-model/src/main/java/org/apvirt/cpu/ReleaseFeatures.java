// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What each release of the machine brought: one row per generation and GA level, each row naming what is new. A model
 * has all that the rows up to its own release name.
 *
 * <p>Base: what a {@code -base} model has, for ever. Default: what a named model has besides. Full: what may be switched
 * on besides; whatever is base may be switched on too. A name with a minus sign went out of base and default; it may
 * still be switched on.
 *
 * <p>Source: QEMU {@code target/s390x/gen-features.c}; compared with what QEMU 7.2 and 11.1 answered.
 */
final class ReleaseFeatures {
    private record Row(int generation, int ga, String base, String byDefault, String full) {}

    private static final List<Row> ROWS = List.of(
            new Row(7, 1, "plo esan3 zarch", "", "ppa15 bpb sief2 skey gpereh ib cei"),
            new Row(7, 2, "", "", "etf2"),
            new Row(7, 3, "", "", "ldisp siif"),
            new Row(8, 1, "dateh etf2 msa ldisp ldisphp hfpm", "", "gsls 64bscao"),
            new Row(8, 3, "", "", "asnlxr etf3"),
            new Row(9, 1, "idtes asnlxr stfle srs eimm etf3 hfpue etf2eh stckf tods etf3eh dateh2", "sthyi msa1 cmm",
                    "sthyi msa1 cmm cmma"),
            new Row(9, 2, "", "", "mvcos ectg csst fpseh dfp"),
            new Row(9, 3, "", "", "csske pfpo"),
            new Row(10, 1, "csske parseh mvcos ectg csst csst2 ginste exrl fpseh dfp dfphp pfpo", "edat msa2",
                    "edat ctop msa2 esop pfmfi sigpif"),
            new Row(10, 2, "", "", "sprogp ibs"),
            new Row(10, 3, "", "", "msa3"),
            new Row(11, 1, "nonqks emon fpe sprogp stfle45 cmpsceh iacc2", "msa3 ipter aefsi msa4 ppa15 bpb",
                    "ipter aefsi msa4"),
            new Row(12, 1, "dfpzc stfle49 ltlbc", "cte te ri zpci aen edat2 esop sea_esop2",
                    "cte te ri zpci aen ais edat2 sea_esop2 apqci apqi apft ap els diag318"),
            new Row(12, 2, "", "", "msa5"),
            new Row(13, 1, "stfle53 dfppc gen13ptff", "msa5 vx", "vx"),
            new Row(14, 1, "eec minste2 sema tsi opc", "iep gs vxpd vxeh msa6 msa7 msa8 mepoch mepochptff",
                    "iep gs vxpd vxeh mepoch tpei irbm msa6 msa7 msa8 cmmnt etoken hpma2 kss mepochptff"),
            new Row(15, 1, "minste3 -csske", "vxeh2 deflate vxpdeh msa9 msa9_pckmo etoken -bpb",
                    "vxeh2 esort deflate vxpdeh msa9 msa9_pckmo unpack"),
            new Row(16, 1, "", "nnpa vxpdeh2 beareh rdp pai paie",
                    "nnpa vxpdeh2 beareh rdp pai paie appv appvi astfleie2"),
            new Row(17, 1, "minste4 sif msa12 plo_ext",
                    "vxeh3 vxpdeh3 msa10 msa10_pckmo msa11 msa11_pckmo msa13 msa13_pckmo",
                    "vxeh3 vxpdeh3 ineff_nc_tx gen17ptff msa10 msa10_pckmo msa11 msa11_pckmo msa13 msa13_pckmo ccf"));

    private final Set<CpuFeature> base;
    private final Set<CpuFeature> byDefault;
    private final Set<CpuFeature> full;

    /** Adds up the rows to a release. */
    ReleaseFeatures(int generation, int ga) {
        EnumSet<CpuFeature> base = EnumSet.noneOf(CpuFeature.class);
        EnumSet<CpuFeature> byDefault = EnumSet.noneOf(CpuFeature.class);
        EnumSet<CpuFeature> full = EnumSet.noneOf(CpuFeature.class);
        for (Row row : ROWS) {
            if (row.generation < generation || row.generation == generation && row.ga <= ga) {
                change(List.of(base, byDefault), row.base);
                change(List.of(byDefault), row.byDefault);
                full.addAll(base);
                full.addAll(FeatureList.ofGroups(row.full));
            }
        }
        this.base = Collections.unmodifiableSet(base);
        this.byDefault = Collections.unmodifiableSet(byDefault);
        this.full = Collections.unmodifiableSet(full);
    }

    private static void change(List<EnumSet<CpuFeature>> sets, String text) {
        List<String> added = new ArrayList<>();
        for (String word : text.split(" ")) {
            if (word.startsWith("-")) {
                sets.forEach(set -> set.removeAll(FeatureList.of(word.substring(1))));
            } else {
                added.add(word);
            }
        }
        sets.forEach(set -> set.addAll(FeatureList.ofGroups(String.join(" ", added))));
    }

    Set<CpuFeature> base() {
        return base;
    }

    Set<CpuFeature> byDefault() {
        return byDefault;
    }

    Set<CpuFeature> full() {
        return full;
    }
}

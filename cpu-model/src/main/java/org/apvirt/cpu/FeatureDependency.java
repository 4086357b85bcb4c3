// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A feature that makes no sense without another. QEMU warns and goes on.
 * Source: QEMU {@code target/s390x/cpu_models.c}, {@code check_consistency}.
 *
 * @param feature the feature that is on
 * @param requires the one that should be on too
 */
public record FeatureDependency(CpuFeature feature, CpuFeature requires) {
    private static final List<FeatureDependency> ALL = rows("""
            ipter dateh
            idtes dateh
            idter dateh
            idter idtes
            ltlbc dateh
            ldisphp ldisp
            dfphp dfp
            te stfle49
            edat2 edat
            msa5-base kimd-sha-512
            msa5-base klmd-sha-512
            msa4-base msa3-base
            cmma cmm
            cmma gsls
            pfmfi edat
            msa8-base msa3-base
            msa9-base msa3-base
            msa9-base msa4-base
            mepoch tods-base
            vxpd vx
            vxpdeh vxpd
            vxpdeh2 vxpdeh
            vxpdeh3 vxpdeh2
            vxeh vx
            vxeh2 vxeh
            vxeh3 vxeh2
            iep sea_esop2
            sea_esop2 esop
            cmmnt cmm
            gs sea_esop2
            mepoch stckf
            mepoch tods-base
            sema stfle49
            kimd-sha3-224..kimd-shake-256 msa-base
            klmd-sha3-224..klmd-shake-256 msa-base
            kmac-hmac-sha-224..kmac-hmac-esha-512 msa3-base
            km-full-xts-aes-128..km-full-xts-eaes-256 msa4-base
            prno-trng-qrtcr msa5-base
            prno-trng msa5-base
            kss sief2
            apqci ap
            apft ap
            ptff-qsie mepoch
            ptff-qtoue mepoch
            ptff-stoe mepoch
            ptff-stoue mepoch
            apqi ap
            diag318 els
            nnpa vx
            rdp ltlbc
            appv ap
            appvi appv
            pfcr-qaf..pfcr-cststg ccf-base
            ineff_nc_tx te
            plo-clo..plo-qsto plo-ext
            """);

    private static List<FeatureDependency> rows(String table) {
        List<FeatureDependency> rows = new ArrayList<>();
        for (String line : table.strip().split("\n")) {
            String[] words = line.split(" ");
            CpuFeature required = FeatureList.of(words[1]).iterator().next();
            FeatureList.of(words[0]).forEach(feature -> rows.add(new FeatureDependency(feature, required)));
        }
        return List.copyOf(rows);
    }

    /** Returns all rows in the order in which QEMU checks them. One row is there twice, as in QEMU. */
    public static List<FeatureDependency> all() {
        return ALL;
    }

    /** Returns the warnings that a set of features draws, in order. */
    static List<String> warnings(Set<CpuFeature> features) {
        return ALL.stream().filter(row -> row.isBroken(features)).map(FeatureDependency::warning).toList();
    }

    private boolean isBroken(Set<CpuFeature> features) {
        return features.contains(feature) && !features.contains(requires);
    }

    /** Returns QEMU's warning, without the name of the program before it. */
    public String warning() {
        return "warning: '" + feature + "' requires '" + requires + "'.";
    }
}

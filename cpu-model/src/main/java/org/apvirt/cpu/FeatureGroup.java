// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Locale;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Features that one name switches together: a facility with its subfunctions.
 * Source: QEMU {@code target/s390x/cpu_features.c} and {@code gen-features.c}; members observed with QEMU 7.2 and 11.1.
 */
public enum FeatureGroup {
    PLO("plo-cl..plo-cststx"),
    PLO_EXT("plo-ext plo-clo..plo-qsto"),
    TODS("tods-base ptff-qto..ptff-qpc ptff-sto"),
    GEN13PTFF("ptff-qui ptff-qtou ptff-stou"),
    GEN17PTFF("ptff-qtse"),
    MSA("msa-base kmac-dea..kmac-tdea-192 kmc-dea..kmc-tdea-192 km-dea..km-tdea-192 kimd-sha-1 klmd-sha-1"),
    MSA1("kmc-aes-128 km-aes-128 kimd-sha-256 klmd-sha-256"),
    MSA2("kmc-aes-192 kmc-aes-256 kmc-prng km-aes-192 km-aes-256 kimd-sha-512 klmd-sha-512"),
    MSA3("msa3-base kmac-edea..kmac-etdea-192 kmc-edea..kmc-etdea-192 kmc-eaes-128..kmc-eaes-256 "
            + "km-edea..km-etdea-192 km-eaes-128..km-eaes-256 pckmo-edea..pckmo-aes-256"),
    MSA4("msa4-base kmac-aes-128..kmac-eaes-256 km-xts-aes-128..km-xts-eaes-256 kimd-ghash "
            + "kmctr-dea..kmctr-eaes-256 kmf-dea..kmf-eaes-256 kmo-dea..kmo-eaes-256 pcc-cmac-dea..pcc-xts-eaes-256"),
    MSA5("msa5-base ppno-sha-512-drng"),
    MSA6("kimd-sha3-224..kimd-shake-256 klmd-sha3-224..klmd-shake-256"),
    MSA7("prno-trng-qrtcr prno-trng"),
    MSA8("msa8-base kma-gcm-aes-128..kma-gcm-eaes-256"),
    MSA9("msa9-base pcc-scalar-mult-p256..pcc-scalar-mult-x448 kdsa-ecdsa-verify-p256..kdsa-eeddsa-sign-ed448"),
    MSA9_PCKMO("pckmo-ecc-p256..pckmo-ecc-ed448"),
    MSA10("km-full-xts-aes-128..km-full-xts-eaes-256"),
    MSA10_PCKMO("pckmo-aes-xts-128-dk pckmo-aes-xts-256-dk"),
    MSA11("kmac-hmac-sha-224..kmac-hmac-esha-512"),
    MSA11_PCKMO("pckmo-hmac-512 pckmo-hmac-1024"),
    MSA12("msa12-base"),
    MSA13("kdsa-qai kimd-qai klmd-qai kmac-qai kma-qai kmctr-qai kmf-qai kmo-qai km-qai pcc-qai prno-qai"),
    MSA13_PCKMO("pckmo-qai"),
    MEPOCHPTFF("ptff-qsie ptff-qtoue ptff-stoe ptff-stoue"),
    ESORT("esort-base sortl-sflr..sortl-f0"),
    DEFLATE("deflate-base dfltcc-gdht..dfltcc-f0"),
    CCF("ccf-base pfcr-qaf..pfcr-cststg");

    private final Set<CpuFeature> members;

    FeatureGroup(String members) {
        this.members = FeatureList.of(members);
    }

    /** Returns the group of a name; null if there is none. */
    public static @Nullable FeatureGroup of(String text) {
        for (FeatureGroup group : values()) {
            if (group.toString().equals(text)) {
                return group;
            }
        }
        return null;
    }

    /** Returns the features of the group. */
    public Set<CpuFeature> members() {
        return members;
    }

    /** Returns the name as QEMU writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

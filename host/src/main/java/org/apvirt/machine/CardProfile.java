// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.apvirt.sim.AdapterSpec;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A card as it is in a real machine, in the words of a machine file: {@code profile: z16-cex8c}. Each constant repeats what
 * somebody published of such a card: its function bits, as the column FUNCTIONS of {@code lszcrypt -V} has them. Depth and
 * serial number are no part of it: all of them have a depth of 8, and serial numbers are each card's own.
 *
 * <p>Nobody published the function bits of a real accelerator as far as was found, so there is no profile of one.
 */
public enum CardProfile {
    /** {@code S--D--N--}: before cards told their function set. Source: avocado-vt {@code test_utils_zcrypt.py}. */
    Z13_CEX5C("CEX5C", 0x9200_0000),
    /**
     * {@code ---D--N--R}: a restricted function set, and no S. Source: linux-s390 mailing list, 2026-02-04, "kmemleak observed on
     * zcrypt module".
     */
    Z15_CEX7C_RESTRICTED("CEX7C", 0x1240_0000),
    /** {@code S--D--N-F-}. Source: issue 1542 of bootc; the documentation of IBM's CEX plugin for Kubernetes. */
    Z16_CEX8C("CEX8C", 0x9280_0000),
    /** {@code -----XN-F-}. Source: the documentation of Kata Containers and of IBM's CEX plugin for Kubernetes. */
    Z16_CEX8P("CEX8P", 0x0680_0000);

    private final String type;
    private final int functions;

    CardProfile(String type, int functions) {
        this.type = type;
        this.functions = functions;
    }

    /** Returns such a card. */
    AdapterSpec adapter(int apid) {
        return AdapterNames.adapter(apid, type).functions(functions);
    }

    /** Returns the profile of a name, null: there is none. */
    static @Nullable CardProfile of(String name) {
        for (CardProfile profile : values()) {
            if (profile.toString().equals(name)) {
                return profile;
            }
        }
        return null;
    }

    /** Returns the names there are. */
    public static List<String> names() {
        return Arrays.stream(values()).map(CardProfile::toString).toList();
    }

    /** Returns the name, for example {@code z16-cex8c}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

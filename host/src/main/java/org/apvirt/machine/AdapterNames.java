// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;

/** The names of adapter types as people write them, {@code CEX2A} to {@code CEX8P}: generation and mode. */
public final class AdapterNames {
    private AdapterNames() {}

    /** All names; EP11 exists from CEX4 on. */
    public static final List<String> ALL = IntStream.rangeClosed(2, 8).boxed().flatMap(
            n -> Stream.of("A", "C", "P").filter(mode -> n > 3 || !mode.equals("P")).map(mode -> "CEX" + n + mode))
            .toList();

    /** Returns the names of types and of profiles. */
    public static List<String> withProfiles() {
        return Stream.concat(ALL.stream(), CardProfile.names().stream()).toList();
    }

    /** Returns a mode by its letter: A, C or P. */
    static AdapterMode mode(String letter) {
        return AdapterMode.of(letter.charAt(0));
    }

    /**
     * Returns an adapter by its name.
     *
     * @param name one of {@link #ALL}, or of a {@link CardProfile}
     */
    public static AdapterSpec adapter(int apid, String name) {
        CardProfile profile = CardProfile.of(name);
        if (profile != null) {
            return profile.adapter(apid);
        }
        int generation = name.charAt(3) - '0';
        AdapterMode mode = mode(name.substring(4));
        int old = 2 + generation * 2 + (mode.letter() == 'C' ? 1 : 0); // CEX2A, CEX2C, CEX3A, CEX3C are 6..9
        return AdapterSpec.of(apid, generation > 3 ? generation + 6 : old, mode);
    }

    /** Returns the name of an adapter, for example {@code CEX5C}; {@code type 15} if the type has none. */
    public static String name(AdapterSpec adapter) {
        int type = adapter.type();
        int generation = type >= 10 && type <= 14 ? type - 6 : type >= 6 && type <= 9 ? type / 2 - 1 : 0;
        return generation == 0 ? "type " + type : "CEX" + generation + adapter.mode().letter();
    }
}

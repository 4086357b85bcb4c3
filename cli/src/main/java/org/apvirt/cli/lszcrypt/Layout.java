// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.List;

/**
 * Which lszcrypt is followed.
 *
 * @param name as the option has it
 * @param seedTable the table has the columns of the 2018 specification
 * @param addsOneToDepth QDEPTH is the file's number plus one
 * @param pads ap_domain and ap_max_domain_id have two digits, with a remark when unavailable
 * @param warns the default domain is checked after a listing
 * @param emptyIsError no card at all is an error
 */
public record Layout(String name, boolean seedTable, boolean addsOneToDepth, boolean pads, boolean warns,
        boolean emptyIsError) {
    /** The table of the 2018 specification. */
    public static final Layout SEED = new Layout("seed", true, false, false, false, true);
    /** s390-tools 2.35 to 2.40, as distributions have them. */
    public static final Layout V2_35 = new Layout("2.35", false, true, false, false, true);
    /** s390-tools 2.40: as 2.35. */
    public static final Layout V2_40 = new Layout("2.40", false, true, false, false, true);
    /** s390-tools 2.41. */
    public static final Layout V2_41 = new Layout("2.41", false, false, false, false, true);
    /** s390-tools 2.42. */
    public static final Layout V2_42 = new Layout("2.42", false, false, true, true, false);
    /** s390-tools 2.43. */
    public static final Layout TODAY = new Layout("2.43", false, false, true, true, false);
    /** All layouts. */
    public static final List<Layout> ALL = List.of(SEED, V2_35, V2_40, V2_41, V2_42, TODAY);

    @Override
    public String toString() {
        return name;
    }
}

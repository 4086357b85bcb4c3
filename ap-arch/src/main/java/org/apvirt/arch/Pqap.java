// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * Layout of general register 0 for PQAP, NQAP and DQAP.
 * Source: Linux {@code arch/s390/include/asm/ap.h}, {@code struct ap_queue} and the {@code ap_*} wrappers.
 */
public final class Pqap {
    /** Function code: test queue. */
    public static final int TAPQ = 0;
    /** Function code: reset queue. */
    public static final int RAPQ = 1;
    /** Function code: reset and zeroize queue. */
    public static final int ZAPQ = 2;
    /** Function code: queue interruption control. */
    public static final int AQIC = 3;
    /** Function code: query configuration information. */
    public static final int QCI = 4;
    /** Function code: query compatibility type. */
    public static final int QACT = 5;
    /** Function code: bind queue. */
    public static final int BAPQ = 7;
    /** Function code: associate queue. */
    public static final int AAPQ = 8;

    /** Where the function code starts in the low word of GR0. */
    public static final int FC_SHIFT = 24;
    /** T bit of TAPQ: report facilities. */
    public static final int T_BIT = 0x0080_0000;
    /** F bit of RAPQ and ZAPQ: also unbind. I bit of QACT. */
    public static final int F_BIT = 0x0040_0000;
    /** GR0 bits 42-47, always reserved. */
    public static final int RESERVED = 0x003f_0000;
    /** APQN bits that need APXA: adapters above 63, domains above 15. */
    public static final int APXA_QID = 0x0000_c0f0;

    /** NQAP: this is the last or only part of the message. */
    public static final int NQAP_LAST = 0x4000_0000;
    /** DQAP: first try of a message. */
    public static final int DQAP_FIRST = 0x8000_0000;
    /** NQAP: special command. */
    public static final int SPECIAL = 0x0040_0000;

    /** AQIC, GR1: enable interruption. */
    public static final long AQIC_IR = 0x0000_8000_0000_0000L;

    /** Returns the function code in the low word of GR0, 0..255. */
    public static int functionCode(int gr0) {
        return gr0 >> FC_SHIFT & 0xff;
    }

    private Pqap() {}
}

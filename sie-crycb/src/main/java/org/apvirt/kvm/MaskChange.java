// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import org.apvirt.arch.ApMask;
import org.apvirt.sie.CrycbFormat;

/**
 * One change of a guest's masks, with what is in storage afterwards.
 *
 * @param isClear true: the masks were cleared, and the three arguments are empty
 * @param apm the adapters asked for, before a format cut anything off
 * @param aqm the usage domains asked for
 * @param adm the control domains asked for
 * @param format the format of the CRYCB
 * @param apcb0 copy of the 32 bytes of the APCB of format 0
 * @param apcb1 copy of the 96 bytes of masks of the APCB of format 1
 */
public record MaskChange(boolean isClear, ApMask apm, ApMask aqm, ApMask adm, CrycbFormat format, byte[] apcb0,
        byte[] apcb1) {}

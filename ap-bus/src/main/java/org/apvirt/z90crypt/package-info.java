// SPDX-License-Identifier: Apache-2.0
/**
 * How a program uses {@code /dev/z90crypt}: of a simulated system, or of the Linux on s390x that it runs on, as libica and
 * s390-tools do. The kernel's side of the device is {@link org.apvirt.zcrypt}.
 *
 * <p>Start at {@link org.apvirt.z90crypt.ZcryptDevice}, which sends requests; {@link org.apvirt.z90crypt.CcaKeys} and
 * {@link org.apvirt.z90crypt.Ep11Keys} make, import and use keys through it.
 */
package org.apvirt.z90crypt;

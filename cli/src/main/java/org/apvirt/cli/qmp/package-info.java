// SPDX-License-Identifier: Apache-2.0
/**
 * Between a QMP client and QEMU: what concerns a vfio-ap device, which QEMU's TCG does not have, is answered here, everything else
 * is passed on as it is, with its descriptors. Start at {@link org.apvirt.cli.qmp.QmpProxy}.
 */
package org.apvirt.cli.qmp;

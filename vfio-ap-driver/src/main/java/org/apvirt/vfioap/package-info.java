/**
 * The vfio_ap driver: the matrix device and its mediated devices, after Linux {@code drivers/s390/crypto/vfio_ap_drv.c}
 * and {@code vfio_ap_ops.c}.
 *
 * <p>Start at {@link org.apvirt.vfioap.VfioApDriver} (queues arrive) and {@link org.apvirt.vfioap.MatrixMdev} (an
 * administrator assigns them); {@code GuestMatrix} decides what the guest gets of it and {@code MdevUser} is how the
 * guest comes and goes. Locking: {@link org.apvirt.vfioap.LockOrder}, {@code UpdateLocks} and docs/locking.md.
 *
 * <p>Not modelled: the s390 debug feature area, register dumps in kernel warnings.
 */
package org.apvirt.vfioap;

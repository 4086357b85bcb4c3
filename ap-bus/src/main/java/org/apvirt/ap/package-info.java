/**
 * The AP bus with its cards and queues, and the drivers by which the host itself uses them, after Linux
 * {@code drivers/s390/crypto}: {@code ap_bus.c}, {@code ap_card.c}, {@code ap_queue.c}, {@code zcrypt_card.c},
 * {@code zcrypt_queue.c}, {@code zcrypt_cex4.c}.
 *
 * <p>Start at {@link org.apvirt.ap.ApBus#start}. Locks, outermost first: the scan mutex, the device lock of the bus, the
 * monitor of a queue. {@link org.apvirt.ap.ApPermissions#lock()} is taken alone when a mask is written, and released
 * before queues move; binding reads the masks as they are.
 *
 * <p>Not modelled: Secure Execution (binding and associating queues), the debug attributes and the debug feature.
 */
package org.apvirt.ap;

/**
 * The AP bus with its cards and queues, after Linux {@code drivers/s390/crypto}: {@code ap_bus.c}, {@code ap_card.c},
 * {@code ap_queue.c}. It knows none of its drivers; those of the host itself are in {@code org.apvirt.zcrypt}.
 *
 * <p>Start at {@link org.apvirt.ap.ApBus#start}. Locks, outermost first: the scan mutex, the device lock of the bus, the
 * monitor of a queue. {@link org.apvirt.ap.ApPermissions#lock()} is taken alone when a mask is written, and released
 * before queues move; binding reads the masks as they are.
 *
 * <p>Not modelled: the debug attributes and the debug feature.
 */
package org.apvirt.ap;

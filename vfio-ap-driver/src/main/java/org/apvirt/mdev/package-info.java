/**
 * Mediated devices, after Linux {@code drivers/vfio/mdev}: a parent device offers types, user space creates and removes
 * instances by UUID, a driver takes each instance.
 *
 * <p>Start at {@link org.apvirt.mdev.MdevModule}, then {@link org.apvirt.mdev.MdevParent} (what a parent shows) and
 * {@link org.apvirt.mdev.MdevType} (creation). Not modelled: several types per parent, the attribute
 * {@code description} (vfio_ap offers none).
 */
package org.apvirt.mdev;

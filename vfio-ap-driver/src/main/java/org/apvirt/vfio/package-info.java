/**
 * VFIO as user space meets it, after Linux {@code drivers/vfio/{vfio_main,group,container,vfio_iommu_type1}.c} and
 * {@code virt/kvm/vfio.c}: groups, containers, device files and the KVM-VFIO device.
 *
 * <p>Start at {@link org.apvirt.vfio.Vfio} (what always exists) and {@link org.apvirt.vfio.VfioDevice} (what a driver
 * registers). Each open file is a class with typed methods; its {@code ioctl} only decodes the block and calls them, so
 * a caller inside this process needs no blocks.
 *
 * <p>Not modelled: real IOMMU groups, dirty-page tracking, migration. A kernel built with iommufd is a quirk of its own.
 */
package org.apvirt.vfio;

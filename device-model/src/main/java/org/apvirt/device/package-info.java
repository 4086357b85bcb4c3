/**
 * The Linux device model as far as the AP stack needs it, after {@code drivers/base}: buses, drivers and devices, the
 * sysfs tree computed from them, uevents, modules, the kernel log.
 *
 * <p>Start at {@link org.apvirt.device.Kernel}, which stands for one running kernel, then {@link
 * org.apvirt.device.Bus} (binding) and {@link org.apvirt.device.SysfsNode} (what a reader of /sys meets). There is no
 * second tree: every directory is computed from the objects when somebody looks.
 *
 * <p>Not modelled: power management, deferred probing, device links, reference counts.
 */
package org.apvirt.device;

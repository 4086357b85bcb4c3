/**
 * The part of QEMU that gives a guest its AP devices, after {@code hw/vfio/ap.c}, {@code hw/s390x/ap-bridge.c},
 * {@code s390-virtio-ccw.c} and {@code system/qdev-monitor.c}: the command line, the machine with its AP bus, the device
 * {@code vfio-ap}, and what is printed when something is wrong.
 *
 * <p>Start at {@link org.apvirt.qemu.S390Machine} (a guest), or at {@link org.apvirt.qemu.QemuCheck} (only what QEMU
 * would say). {@link org.apvirt.qemu.QemuHost} is what both find on the host: CPU, files, device nodes.
 *
 * <p>Other devices and options are recognized by name and taken as given; nothing of them is checked or modelled. Not
 * modelled: migration, protected virtualization, versioned machine types.
 */
package org.apvirt.qemu;

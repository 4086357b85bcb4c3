/**
 * A booted Linux: a kernel on a machine, its modules, its files and device nodes.
 *
 * <p>Start at {@link org.apvirt.host.Host}. {@link org.apvirt.host.Level} says which kernel is booted, {@link
 * org.apvirt.host.HostOptions} what its command line holds. {@link org.apvirt.host.ModuleLoader} is {@code modprobe} and
 * {@code insmod}, {@link org.apvirt.host.HostFiles} a program's view of the files.
 *
 * <p>Not modelled: the files of {@code /sys/module} beyond parameters, drivers and initstate, and every program.
 */
package org.apvirt.host;

/**
 * A booted Linux and the files that describe machines: machine files, plans, scenarios.
 *
 * <p>Start at {@link org.apvirt.host.Host} (a kernel on a machine, its modules and files), {@link
 * org.apvirt.host.MachineFile} (what people write), {@link org.apvirt.host.Replay} (is our answer that of a real kernel?).
 * Files are read strictly: an unknown key, a duplicate or a number out of range is a {@link
 * org.apvirt.host.FileFormatException} with line and column.
 *
 * <p>Not modelled: the files of {@code /sys/module} beyond parameters, drivers and initstate, and every
 * program; {@code sh} steps of scenarios do not run.
 */
package org.apvirt.host;

/**
 * Files that describe machines: what people write, read strictly, and written back.
 *
 * <p>Start at {@link org.apvirt.machine.MachineFile}. An unknown key, a duplicate or a number out of range is a {@link
 * org.apvirt.machine.FileFormatException} with line and column. {@link org.apvirt.machine.Inventory} reads what cards and
 * queues there are from a tree of {@code /sys}. The format is in {@code docs/machine-file.md}.
 */
package org.apvirt.machine;

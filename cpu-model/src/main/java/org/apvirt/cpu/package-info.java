/**
 * The s390 CPU models of QEMU, after {@code target/s390x/cpu_models.c}: which models there are, which features each may
 * have, has by default and is born with, what {@code -cpu} means, and whether a host can run the result.
 *
 * <p>Start at {@link org.apvirt.cpu.HostCpu} (what a host offers) and its {@link org.apvirt.cpu.HostCpu#model model}
 * (what {@code -cpu zEC12,ap=on} becomes there). {@link org.apvirt.cpu.CpuDefinition} lists the models, {@link
 * org.apvirt.cpu.CpuFeature} the features; {@link org.apvirt.cpu.ModelComparison} and {@link
 * org.apvirt.cpu.ModelExpansion} answer what libvirt asks. Texts and defaults depend on the {@link
 * org.apvirt.cpu.QemuVersion}.
 *
 * <p>Not modelled: the changes that versioned machine types make to default features, CPU topology, the IBC value.
 */
package org.apvirt.cpu;

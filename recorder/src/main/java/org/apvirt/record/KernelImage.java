// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.nio.file.Path;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The kernel that is recorded, and what it runs on.
 *
 * @param kernel its image, as QEMU's {@code -kernel} takes it
 * @param initrd an initramfs with the programs that {@code sh} steps run, and perhaps modules; null: none is needed
 * @param modules a directory with the kernel's modules at any depth, packed or not; null: they are in the initramfs
 * @param load modules to load before the first step, beside those that the scenario's modules depend on by
 *     {@code modules.dep}
 * @param qemu the program {@code qemu-system-s390x}
 * @param parameters what else the kernel's command line has
 * @param bootSeconds how long it may take to boot
 */
public record KernelImage(Path kernel, @Nullable Path initrd, @Nullable Path modules,
        List<String> load, String qemu, String parameters, int bootSeconds) {}

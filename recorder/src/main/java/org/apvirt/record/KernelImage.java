package org.apvirt.record;

import java.nio.file.Path;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The kernel that is recorded, and what it runs on.
 *
 * @param kernel its image, as QEMU's {@code -kernel} takes it
 * @param initrd an initramfs with the programs that {@code sh} steps run, and perhaps modules; null: none is needed
 * @param modules a directory with the kernel's modules at any depth, packed or not; null: they are in the initramfs
 * @param qemu the program {@code qemu-system-s390x}
 * @param parameters what else the kernel's command line has
 * @param bootSeconds how long it may take to boot
 */
public record KernelImage(Path kernel, @Nullable Path initrd, @Nullable Path modules, String qemu,
        String parameters, int bootSeconds) {}

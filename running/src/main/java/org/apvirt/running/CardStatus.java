// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A card that is in the machine, whether or not the kernel has noticed.
 *
 * @param apid its number, 0..255
 * @param type its type, for example {@code CEX8C}
 * @param depth messages that a queue holds, 1..32
 * @param serial its serial number, null: it tells none
 * @param config whether it is configured
 * @param checkstop whether it is checkstopped
 * @param seen whether the host's AP bus has a device for it
 */
public record CardStatus(int apid, String type, int depth, @Nullable String serial, boolean config,
        boolean checkstop, boolean seen) {}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import org.apvirt.machine.PlannedFault;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A fault that was injected and not lifted; it may have had its effect.
 *
 * @param number by which it is lifted, from 1; null: it stands, and is lifted by its queue
 * @param fault what goes wrong
 * @param seen how many instructions, requests or accesses it has counted; null: it stands, which is not counted
 * @param hits how many of them went wrong; null: likewise
 */
public record FaultStatus(@Nullable Integer number, PlannedFault fault, @Nullable Long seen, @Nullable Long hits) {}

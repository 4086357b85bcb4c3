// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * Something that kernels do differently. Each layer lists its own in an enum, which says by name what a kernel does that
 * has it, and holds the row of each kernel that is played: the quirks it has in that layer. A {@link Kernel} is started
 * with the rows of its layers and knows no quirk itself; drivers ask it for one, never which kernel it is.
 */
public interface Quirk {}

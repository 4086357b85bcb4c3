// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.Apqn;

/**
 * What travels of one queue: which it is, and what its adapter is like. What is in it stays behind and is lost.
 *
 * @param apqn its number, the same on both sides
 * @param hardware general register 2 of TAPQ with the T bit
 */
record MigratedQueue(Apqn apqn, ApHardwareInfo hardware) {}

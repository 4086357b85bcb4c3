// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running;

import java.time.Instant;
import java.util.List;

/**
 * What runs, at one moment.
 *
 * @param program the command that keeps it running, for example {@code mount}
 * @param pid its process
 * @param since when the machine was booted
 * @param file the machine file
 * @param level the kernel that is played
 * @param qemu the QEMU that is played
 * @param modules the modules that are loaded
 * @param runningJobs how many jobs run or wait
 * @param guests the guests
 * @param queues the queues of the host's AP bus
 */
public record MachineStatus(String program, long pid, Instant since, String file, String level, String qemu,
        List<String> modules, int runningJobs, List<GuestStatus> guests, List<QueueStatus> queues) {}

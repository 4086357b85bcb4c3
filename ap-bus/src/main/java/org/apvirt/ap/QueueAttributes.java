// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.EnumMap;
import java.util.Map;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsAttribute;

/** The attributes that every queue has, whatever its driver. Source: Linux {@code ap_queue.c}. */
final class QueueAttributes {
    private static final AttributeGroup<ApQueue> ALWAYS = AttributeGroup.of(
            SysfsAttribute.rw("request_count", QueueAttributes::showRequestCount, (queue, text) -> {
                synchronized (queue) {
                    queue.requestCount = 0;
                }
            }), SysfsAttribute.ro("requestq_count", queue -> queue.waitingCount() + "\n"),
            SysfsAttribute.ro("pendingq_count", queue -> queue.pendingCount() + "\n"),
            SysfsAttribute.rw("reset", QueueAttributes::showReset,
                    (queue, text) -> queue.bus().stateMachine().reset(queue)),
            SysfsAttribute.ro("interrupt", QueueAttributes::showInterrupt),
            SysfsAttribute.ro("config", queue -> queue.configured ? "1\n" : "0\n"),
            SysfsAttribute.ro("chkstop", queue -> queue.checkstopped ? "1\n" : "0\n"));

    private static final Map<ApQuirk, SysfsAttribute<ApQueue>> BY_QUIRK = new EnumMap<>(Map.of(
            ApQuirk.QUEUE_FUNCTIONS, SysfsAttribute.ro("ap_functions", QueueAttributes::showFunctions),
            ApQuirk.DRIVER_OVERRIDE, SysfsAttribute.rw("driver_override", queue -> {
                String name = queue.driverOverride();
                return name == null ? "\n" : name + '\n';
            }, (queue, text) -> queue.bus().permissions().storeOverride(queue, text))));
    private static final SysfsAttribute<ApQueue> STATES = SysfsAttribute.ro("states", QueueAttributes::showStates);
    private static final SysfsAttribute<ApQueue> LAST_ERROR = SysfsAttribute.ro("last_err_rc",
            queue -> lastError(queue) + '\n');

    private QueueAttributes() {}

    /** Returns the attributes that the queues of a kernel have. */
    static AttributeGroup<ApQueue> of(Kernel kernel) {
        AttributeGroup<ApQueue> all = ALWAYS;
        for (Map.Entry<ApQuirk, SysfsAttribute<ApQueue>> attribute : BY_QUIRK.entrySet()) {
            if (kernel.has(attribute.getKey())) {
                all = all.with(attribute.getValue());
            }
        }
        return kernel.has(ApQuirk.QUEUE_STATES) ? all.with(STATES, LAST_ERROR) : all;
    }

    private static String showStates(ApQueue queue) {
        synchronized (queue) {
            return queue.condition == ApQueue.Condition.UNINITIATED
                    ? "UNINITIATED\n"
                    : queue.condition + " [" + switch (queue.state) {
                        case QUEUE_FULL -> "FULL";
                        default -> queue.state;
                    } + "]\n";
        }
    }

    private static String lastError(ApQueue queue) {
        int code;
        synchronized (queue) {
            code = queue.lastError & 0xff;
        }
        return switch (code) {
            case 0x10 -> "Q_FULL/NO_PENDING_REPLY";
            case 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x11, 0x13, 0x15, 0x16 ->
                ApResponseCode.of(code).name();
            default -> "response code " + code;
        };
    }

    private static String showRequestCount(ApQueue queue) {
        synchronized (queue) {
            return queue.condition == ApQueue.Condition.UNINITIATED ? "-\n" : queue.requestCount + "\n";
        }
    }

    private static String showReset(ApQueue queue) {
        synchronized (queue) {
            return switch (queue.state) {
                case RESET_START, RESET_WAIT -> "Reset in progress.\n";
                case WORKING, QUEUE_FULL -> "Reset Timer armed.\n";
                case SETIRQ_WAIT, IDLE, ASSOC_WAIT -> "No Reset Timer set.\n";
            };
        }
    }

    private static String showInterrupt(ApQueue queue) {
        synchronized (queue) {
            if (queue.state == QueueStateMachine.State.SETIRQ_WAIT) {
                return "Enable Interrupt pending.\n";
            }
            boolean enabled = (queue.bus().commands().tapq(queue.apqn()) & ApQueueStatus.IRQ_ENABLED) != 0;
            return enabled ? "Interrupts enabled.\n" : "Interrupts disabled.\n";
        }
    }

    private static String showFunctions(ApQueue queue) throws ErrnoException {
        int status = queue.bus().commands().tapq(queue.apqn());
        long value = queue.bus().commands().hardwareInfo();
        if (ApQueueStatus.responseCode(status) > ApResponseCode.BUSY.code()) {
            throw new ErrnoException(Errno.EIO, "TAPQ of " + queue.name() + ": " + new ApQueueStatus(status));
        }
        return String.format("0x%08X\n", new ApHardwareInfo(value).functions());
    }
}

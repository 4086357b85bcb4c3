// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells listeners of completed instructions; while there is none, an instruction pays for one volatile read. */
final class InstructionMonitor {
    private final List<InstructionListener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean listened;

    synchronized AutoCloseable add(InstructionListener listener) {
        listeners.add(listener);
        listened = true;
        return () -> remove(listener);
    }

    private synchronized void remove(InstructionListener listener) {
        listeners.remove(listener);
        listened = !listeners.isEmpty();
    }

    void issued(int functionCode, int qid, int responseCode) {
        if (listened) {
            for (InstructionListener listener : listeners) {
                listener.issued(functionCode, qid, responseCode);
            }
        }
    }
}

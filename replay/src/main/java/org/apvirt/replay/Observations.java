// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.device.Uevent;
import org.apvirt.kvm.MaskChange;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a running machine lets show beside its answers, in the form that scenarios have. Thread-safe. */
public final class Observations {
    private static final HexFormat HEX = HexFormat.of();

    private final List<Object> uevents = new ArrayList<>();
    private final List<Object> log = new ArrayList<>();
    private final List<Object> instructions = new ArrayList<>();
    private final List<Object> masks = new ArrayList<>();

    /** Takes an event. */
    public synchronized void uevent(Uevent event) {
        List<Object> entry = new ArrayList<>(event.variables().size() + 1);
        entry.add(event.header());
        entry.addAll(event.variables());
        uevents.add(entry);
    }

    /** Takes a line of the kernel's log. */
    public synchronized void log(String line) {
        log.add(line);
    }

    /** Takes resets, AQIC and QACT; status queries and QCI are too many to tell anything. */
    public synchronized void instruction(int functionCode, int qid, int responseCode) {
        if (functionCode == Pqap.RAPQ || functionCode == Pqap.ZAPQ || functionCode == Pqap.AQIC
                || functionCode == Pqap.QACT) {
            instructions.add(List.of(functionCode, Apqn.ofQid(qid).toString(), responseCode));
        }
    }

    /** Takes a change of a guest's masks. */
    public synchronized void masks(MaskChange change) {
        masks.add(change.isClear()
                ? List.of("clear_masks")
                : List.of("set_masks", change.apm().toHex(), change.aqm().toHex(), change.adm().toHex()));
        masks.add(List.of("crycb", change.format().bits(), HEX.formatHex(change.apcb0()),
                HEX.formatHex(change.apcb1())));
    }

    /** Forgets events and log lines so far. */
    synchronized void forgetMessages() {
        uevents.clear();
        log.clear();
    }

    /** Forgets resets so far. */
    synchronized void forgetInstructions() {
        instructions.clear();
    }

    /** Forgets changes of masks so far. */
    synchronized void forgetMasks() {
        masks.clear();
    }

    /** Forgets everything so far. */
    public synchronized void clear() {
        uevents.clear();
        log.clear();
        instructions.clear();
        masks.clear();
    }

    /** Hands over everything so far and starts anew. */
    public synchronized void drainTo(Map<String, @Nullable Object> answers) {
        answers.put("uevents", List.copyOf(uevents));
        answers.put("pqap", List.copyOf(instructions));
        answers.put("kvm_masks", List.copyOf(masks));
        answers.put("kmsg", List.copyOf(log));
        clear();
    }
}

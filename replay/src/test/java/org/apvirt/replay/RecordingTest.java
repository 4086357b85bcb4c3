// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.List;
import java.util.Map;

import org.apvirt.host.Level;
import org.apvirt.machine.FileFormatException;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class RecordingTest {
    private static final String SCENARIO = """
            name: try
            hardware: {adapters: {5: {type: 11}}, domains: [4]}
            steps:
            - {op: insmod, module: rng-core, result: ok}
            - {op: write, path: /sys/bus/ap/apmask, data: 0x10, note: hex, result: {ok: 4}, pqap: [[1, "05.0004", 0]]}
            - {op: sleep, ms: 5}
            """;

    private static Recording recording() throws FileFormatException {
        return Recording.of(SCENARIO, "s.yaml");
    }

    @Test
    void eachStepIsALineWithoutTheAnswersItHad() throws FileFormatException {
        assertEquals("""
                {"name": "try", "hardware": {"adapters": {"5": {"type": 11}}, "domains": [4]}, "steps": [
                {"op": "insmod", "module": "rng-core"},
                {"op": "write", "path": "/sys/bus/ap/apmask", "data": "0x10", "note": "hex"},
                {"op": "sleep", "ms": 5}
                ]}
                """, recording().text());
    }

    @Test
    void answersStandBesideTheirStepsAndEmptyListsDoNot() throws FileFormatException {
        Recording recording = recording();
        recording.answeredBy(Level.LINUX_6_12, Map.of("kernel", "6.12.1"));
        recording.leaveOut(0);
        recording.changeBefore(List.of("set", "sclp_ap", false), "none");
        recording.answer(1, Map.of("result", Map.of("err", "EINVAL"), "kmsg", List.of()));

        assertEquals(
                """
                        {"name": "try", "hardware": {"adapters": {"5": {"type": 11}}, "domains": [4]}, "level": "linux-6.12", \
                        "emulator": {"kernel": "6.12.1"}, "steps": [
                        {"op": "hw", "change": [["set", "sclp_ap", false]], "note": "none", "result": null},
                        {"op": "write", "path": "/sys/bus/ap/apmask", "data": "0x10", "note": "hex", "result": {"err": "EINVAL"}},
                        {"op": "sleep", "ms": 5}
                        ]}
                        """,
                recording.text());
        assertEquals(3, Scenario.parse(recording.text(), "again").steps().size());
        assertThrows(IllegalStateException.class, () -> recording.answer(0, Map.of("result", "ok")));
    }

    @Test
    void aKernelThatNoLevelPlaysLeavesNone() throws FileFormatException {
        Recording recording = Recording.of("level: seed\n" + SCENARIO, "s.yaml");
        recording.answeredBy(null, Map.of());

        assertEquals(null, Scenario.parse(recording.text(), "again").level());
    }

    @Test
    void aComparisonFindsTheStepsThatAreLeftAndTellsTheOthers() throws FileFormatException {
        Recording other = recording();
        other.leaveOut(0);
        other.changeBefore(List.of("set", "sclp_ap", false), "none");
        other.answer(1, Map.of("result", Map.of("ok", 4), "pqap", List.of(List.of(1, "05.0004", 3))));

        Replay.Result result = RecordingComparison.compare(recording().scenario(),
                Scenario.parse(other.text(), "other"));

        assertEquals(List.of(0, 1, 1), List.of(result.agree(), result.total(), result.notRun()));
        assertEquals("""
                pqap[0]
                  recorded [1, "05.0004", 0]
                  answered [1, "05.0004", 3]""", result.disagreements().get(0).difference().toString());
    }
}

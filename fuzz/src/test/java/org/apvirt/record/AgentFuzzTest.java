// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.apvirt.fuzz.Refusals;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A guest that sends any lines where the agent's answers should be. */
class AgentFuzzTest {
    private record Lines(Deque<String> left) implements Agent.Line {
        @Override
        public void send(String text) {}

        @Override
        public @Nullable String receive(long timeoutMillis) throws IOException {
            if (left.isEmpty()) {
                throw new IOException("the guest has ended");
            }
            return left.remove();
        }
    }

    @FuzzTest(maxDuration = "2h")
    void answers(byte[] bytes) throws InterruptedException {
        Deque<String> lines = new ArrayDeque<>(Arrays.asList(Refusals.text(bytes).split("\n")));
        lines.addFirst("apvirt-agent 1 6.12.0");
        try {
            Agent agent = Agent.greet(new Lines(lines), 1000, 1000);
            agent.read("/sys/bus/ap/apmask");
            agent.write("/sys/bus/ap/apmask", "0x0");
            agent.tree("/sys/bus/ap");
            agent.link("/sys/bus/ap");
        } catch (IOException e) {
            Refusals.assertOneLine(e.getMessage());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import org.apvirt.replay.Action;
import org.apvirt.replay.Observations;
import org.apvirt.replay.Scenario;
import org.apvirt.replay.StateView;
import org.apvirt.sim.SimulatedMachine;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Does the steps of a scenario in a guest and tells what came of each, in the form that scenarios have.
 *
 * <p>After a step that may set something going the guest is given time to settle: until {@value #QUIET_MILLIS} ms have
 * passed without an event, a line of the log or an AP instruction, for {@value #SETTLE_LIMIT_MILLIS} ms at most. The
 * kernel looks at a queue that it resets more often than that.
 */
final class StepRecorder {
    static final int QUIET_MILLIS = 60;
    static final int SETTLE_LIMIT_MILLIS = 1500;
    /** What a kernel says that was stopped for a while, as it is by us at each AP instruction. */
    private static final String STOPPED = "hrtimer: interrupt took ";
    private static final int SHELL_MILLIS = 60_000;

    private final Agent agent;
    private final SimulatedMachine machine;
    private final Map<String, String> modules;
    private final Observations instructions = new Observations();
    private final AtomicLong issued = new AtomicLong();
    private List<Object> uevents = new ArrayList<>();
    private List<Object> log = new ArrayList<>();
    private boolean afterWriteAsync;

    /**
     * Starts to listen.
     *
     * @param modules where the guest has its modules, by name
     */
    StepRecorder(Agent agent, SimulatedMachine machine, Map<String, String> modules) {
        this.agent = agent;
        this.machine = machine;
        this.modules = modules;
    }

    /** Waits until the guest has settled after its boot; what happened until then belongs to no step. */
    void begin() throws IOException {
        machine.onInstruction((functionCode, qid, responseCode) -> {
            issued.incrementAndGet();
            instructions.instruction(functionCode, qid, responseCode);
        });
        settle();
        instructions.clear();
        uevents = new ArrayList<>();
        log = new ArrayList<>();
    }

    /** Does a step. */
    Map<String, @Nullable Object> play(Scenario.Step step) throws IOException {
        Map<String, @Nullable Object> answer = new LinkedHashMap<>();
        if (!afterWriteAsync) {
            instructions.clear(); // of reads, and of what happened between two steps
        }
        Action action = step.action();
        afterWriteAsync = action instanceof Action.WriteAsync;
        Object result = result(action);
        if (!afterWriteAsync) {
            answer.put("result", result);
        }
        if (action.carriesEvents() || action instanceof Action.Shell || afterWriteAsync) {
            settle();
        }
        if (action.carriesEvents()) {
            instructions.drainTo(answer);
            answer.put("uevents", uevents);
            log.removeIf(line -> line.toString().startsWith(STOPPED));
            answer.put("kmsg", log);
            uevents = new ArrayList<>();
            log = new ArrayList<>();
        }
        if (step.expected().containsKey("state")) {
            answer.put("state", state());
        }
        return answer;
    }

    private @Nullable Object result(Action action) throws IOException {
        return switch (action) {
            case Action.Write write -> write(write.path(), write.data());
            case Action.Scan scan -> write("/sys/bus/ap/scans", "1");
            case Action.Read read -> {
                Object content = agent.read(read.path());
                yield content instanceof AnswerLine.Refusal refusal
                        ? Agent.refused(refusal.errno(), refusal.at())
                        : Map.of("data", content);
            }
            case Action.Tree tree -> agent.tree(tree.path());
            case Action.Link link -> {
                Object target = agent.link(link.path());
                yield target instanceof AnswerLine.Refusal refusal ? "err " + refusal.errno() : target;
            }
            case Action.State state -> state();
            case Action.LoadModule load -> {
                String file = modules.get(load.module().replace('-', '_'));
                yield agent.load(file == null ? load.module() : file);
            }
            case Action.UnloadModule unload -> agent.unload(unload.module());
            case Action.Raw raw -> agent.raw(raw.request());
            case Action.Shell shell -> agent.shell(shell.command(), SHELL_MILLIS);
            case Action.WriteAsync write -> {
                agent.writeApart(write.path(), write.data());
                yield null;
            }
            case Action.Hardware hardware -> {
                hardware.changes().forEach(change -> change.apply(machine));
                yield null;
            }
            case Action.Sleep sleep -> {
                agent.sleep(sleep.millis());
                yield null;
            }
        };
    }

    private Object write(String path, String data) throws IOException {
        Object written = agent.write(path, data);
        return written instanceof AnswerLine.Refusal refusal
                ? Agent.refused(refusal.errno(), refusal.at())
                : Map.of("ok", written);
    }

    private void settle() throws IOException {
        for (int waited = 0; waited < SETTLE_LIMIT_MILLIS; waited += QUIET_MILLIS) {
            long before = issued.get();
            agent.awaitQuiet(QUIET_MILLIS, SETTLE_LIMIT_MILLIS, uevents, log);
            if (issued.get() == before) {
                return;
            }
        }
    }

    private Map<String, Object> state() throws IOException {
        try {
            return StateView.of(new GuestSource(agent));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The files of the guest. */
    private record GuestSource(Agent agent) implements StateView.Source {
        @Override
        public String text(String path) {
            try {
                Object content = agent.read(path);
                return content instanceof AnswerLine.Refusal refusal
                        ? '!' + refusal.at() + ' ' + refusal.errno()
                        : content.toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public List<String> names(String path) {
            try {
                return agent.names(path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public @Nullable String target(String path) {
            try {
                Object target = agent.link(path);
                return target instanceof AnswerLine.Refusal ? null : target.toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

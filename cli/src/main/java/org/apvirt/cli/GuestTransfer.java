// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import com.google.gson.JsonElement;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Pauses a guest here, carries it to a command that takes it, and then ends it here.
 *
 * <pre>
 *  we      the stream, to the command's standard input
 *  it      ready                        its machine has the guest, paused
 *  we      go                           from here on only the other side knows whether it runs
 *  it      exit status 0                it runs there; it ends here
 * </pre>
 *
 * Until "go" is said, it runs on here whatever happens, also when this process is told to end. After that it stays paused
 * unless the command succeeds, for it must not run twice.
 */
final class GuestTransfer {
    private final CommandSpec spec;
    private final CtlSession session;
    private final String guest;
    private final String command;
    private volatile boolean decided;

    GuestTransfer(CommandSpec spec, CtlSession session, String guest, String command) {
        this.spec = spec;
        this.session = session;
        this.guest = guest;
        this.command = command;
    }

    private String path() {
        return "/v1/guests/" + CtlSession.encode(guest);
    }

    /** Pauses the guest, and carries it. Who is told to end from here on lets it go on. */
    int run() {
        Thread ended = new Thread(() -> {
            if (!decided) {
                resume();
            }
        });
        Runtime.getRuntime().addShutdownHook(ended);
        try {
            CtlSession.Kept sent = new CtlSession.Kept();
            int status = session.send("POST", session.waiting(path() + "/migration"), null, sent);
            JsonElement answer = sent.answer();
            return answer == null ? status : carry(CtlText.text(answer, "stream"));
        } finally {
            forget(ended);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // it runs: this process is told to end
        }
    }

    private int resume() {
        return session.send("DELETE", session.waiting(path() + "/migration"), null, CtlSession.NOTHING);
    }

    private int carry(String stream) {
        Process process;
        try {
            process = new ProcessBuilder("/bin/sh", "-c", command).redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            return goesOn("'" + command + "' cannot be run: " + e.getMessage());
        }
        try {
            return carry(stream, process);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return decided ? unknown(process) : goesOn("interrupted");
        } finally {
            process.destroy();
        }
    }

    private int carry(String stream, Process process) throws InterruptedException {
        long deadline = System.nanoTime() + session.timeout().toNanos();
        OutputStream out = process.getOutputStream();
        BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
        CompletableFuture<@Nullable String> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return said.readLine();
            } catch (IOException e) {
                return null;
            }
        }, GuestTransfer::onItsOwnThread);
        String problem = hand(stream, out, answer, deadline);
        if (problem != null) {
            return goesOn(problem + status(process));
        }
        decided = true;
        if (!write(out, CtlMigration.GO + "\n", true)) {
            decided = false;
            return goesOn("'" + command + "' ended before it was told to go on" + status(process));
        }
        if (!process.waitFor(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS)
                || process.exitValue() != 0) {
            return unknown(process);
        }
        int ended = session.send("DELETE", session.waiting(path()), null, CtlSession.NOTHING);
        if (ended == Apvirt.DONE) {
            spec.commandLine().getOut().println(guest + " runs there");
            spec.commandLine().getOut().flush();
        }
        return ended;
    }

    /** Both ends of the pipes may block for ever. */
    private static void onItsOwnThread(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    /** Returns whether it could be written: the reader of the pipe may have gone. */
    private static boolean write(OutputStream out, String text, boolean last) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (last) {
                out.close();
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Hands the stream over; null: the other side has the guest. */
    private @Nullable String hand(String stream, OutputStream out, CompletableFuture<@Nullable String> answer,
            long deadline)
            throws InterruptedException {
        CompletableFuture<Boolean> written = CompletableFuture.supplyAsync(() -> write(out, stream, false),
                GuestTransfer::onItsOwnThread);
        try {
            String line = answer.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
            if (CtlMigration.READY.equals(line)
                    && written.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS)) {
                return null;
            }
            return line == null || line.equals(CtlMigration.READY)
                    ? "'" + command + "' did not take it"
                    : "'" + command + "' said '" + org.apvirt.arch.Printable.line(line) + "', not '"
                            + CtlMigration.READY + "'";
        } catch (TimeoutException e) {
            return "'" + command + "' did not take it within " + session.timeout().toMillis() + " ms";
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String status(Process process) throws InterruptedException {
        process.destroy();
        return process.waitFor(1, TimeUnit.SECONDS) ? " (exit status " + process.exitValue() + ")" : "";
    }

    private int goesOn(String problem) {
        int status = resume();
        String state = status == Apvirt.DONE
                ? "guest '" + guest + "' goes on here: "
                : "guest '" + guest + "' is paused; 'apvirt ctl migrate " + guest + " --resume' lets it go on here: ";
        return Apvirt.refused(spec, new IOException(state + problem));
    }

    private int unknown(Process process) {
        String how = process.isAlive() ? "has not ended" : "ended with status " + process.exitValue();
        return Apvirt.refused(spec, new IOException("guest '" + guest + "' is paused: '" + command + "' " + how
                + " after it was told to go on; if it runs there, 'apvirt ctl stop " + guest
                + "', else 'apvirt ctl migrate " + guest
                + " --resume'"));
    }
}

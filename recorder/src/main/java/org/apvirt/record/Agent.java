// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.machine.InputFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The process inside the guest, as seen from here: a request is one line, its answer one line or several. Which there
 * are is written in {@code src/main/c/agent.h}. Texts have one {@code char} per byte.
 */
final class Agent {
    /** What the first line it sends begins with. */
    private static final String GREETING = "apvirt-agent 1 ";
    /** What a recording can hold, in hex digits. */
    static final long LONGEST_ANSWER = 2L * InputFile.LONGEST_DOCUMENT;
    private static final HexFormat HEX = HexFormat.of();
    private static final Pattern SEQNUM = Pattern.compile("\0SEQNUM=[0-9]*");
    private static final Pattern ESCAPE = Pattern.compile("\\\\x[0-9a-f]{2}");

    /** A line to the guest. */
    interface Line {
        /**
         * Sends a line.
         *
         * @throws IOException the guest has ended
         */
        void send(String line) throws IOException;

        /**
         * Returns the next line, or null when the time is over.
         *
         * @throws IOException the guest has ended
         */
        @Nullable
        String receive(long timeoutMillis) throws IOException;
    }

    private final Line line;
    private final String release;
    private final long patienceMillis;

    private Agent(Line line, String release, long patienceMillis) {
        this.line = line;
        this.release = release;
        this.patienceMillis = patienceMillis;
    }

    /**
     * Waits for the greeting; what comes before it is of the boot.
     *
     * @param bootMillis how long the guest may take to boot
     * @param patienceMillis how long an answer may take, beside what the request itself asks for
     * @throws IOException it does not come
     */
    static Agent greet(Line line, long bootMillis, long patienceMillis) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(bootMillis);
        while (true) {
            long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            String text = rest <= 0 ? null : line.receive(rest); // a guest that talks without end is late too
            if (text == null) {
                throw new IOException("the guest did not answer within " + bootMillis / 1000
                        + " s (a slow machine: give it more by --boot-timeout; else the kernel is none of s390x, or has"
                        + " neither initramfs nor devtmpfs nor the SCLP VT220 terminal)");
            }
            int greeting = text.indexOf(GREETING);
            if (greeting >= 0) {
                return new Agent(line, text.substring(greeting + GREETING.length()).trim(), patienceMillis);
            }
        }
    }

    /** Returns the kernel's release, for example {@code 6.12.107+deb13-s390x}. */
    String release() {
        return release;
    }

    private static String hex(String text) {
        return text.isEmpty() ? "-" : HEX.formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private AnswerLine ask(String request) throws IOException {
        return begin(request, 0).next();
    }

    private Answer begin(String request, long longerMillis) throws IOException {
        line.send(request);
        return new Answer(longerMillis);
    }

    /** The answer to one request, line by line: bounded in time and length as a whole, however many lines it has. */
    private final class Answer {
        private final long millis;
        private final long end;
        private long length;

        Answer(long longerMillis) {
            this.millis = patienceMillis + longerMillis;
            this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        }

        AnswerLine next() throws IOException {
            long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            String text = rest <= 0 ? null : line.receive(rest);
            if (text == null) {
                throw new IOException("the guest did not answer within " + millis / 1000
                        + " s (a write that blocks belongs in a write_async step)");
            }
            length += text.length() + 1;
            if (length > LONGEST_ANSWER) {
                throw new IOException("the guest's answer has more than " + LONGEST_ANSWER + " characters");
            }
            return new AnswerLine(text);
        }
    }

    /** Does a file operation of a raw step and returns its answer. */
    String raw(String request) throws IOException {
        return ask(request).line();
    }

    /** Returns the number of bytes written, or the refusal. */
    Object write(String path, String data) throws IOException {
        AnswerLine answer = ask("W " + hex(path) + ' ' + hex(data));
        return answer.isOk() ? answer.number(1) : answer.refusal();
    }

    /** Returns the content of a file, or the refusal. */
    Object read(String path) throws IOException {
        AnswerLine answer = ask("R " + hex(path));
        return answer.isOk() ? answer.text(1) : answer.refusal();
    }

    /** Returns the target of a link, or the refusal. */
    Object link(String path) throws IOException {
        AnswerLine answer = ask("L " + hex(path));
        return answer.isOk() ? answer.text(1) : answer.refusal();
    }

    /** Returns the names in a directory; none if it cannot be read. */
    List<String> names(String path) throws IOException {
        AnswerLine answer = ask("N " + hex(path));
        List<String> names = new ArrayList<>();
        for (int i = 1; answer.isOk() && i < answer.count(); i++) {
            names.add(answer.text(i));
        }
        return names;
    }

    /** Lists a directory with all that is below it, in the form that scenarios have. */
    List<Object> tree(String path) throws IOException {
        List<Object> entries = new ArrayList<>();
        Answer answer = begin("T " + hex(path), 0);
        for (AnswerLine entry = answer.next(); !entry.isOk(); entry = answer.next()) {
            entries.add(entry(entry));
        }
        return entries;
    }

    private static List<Object> entry(AnswerLine words) throws IOException {
        return switch (words.word(0)) {
            case "d", "c" -> List.of(words.word(0), words.word(1), words.text(2));
            case "l" -> List.of("l", words.text(1), words.text(2));
            case "f" -> List.of("f", words.word(1), words.number(2), words.text(3), words.word(4).startsWith("!")
                    ? refused(words.word(4).substring(1), words.word(5))
                    : words.text(4));
            case "?" -> List.of("?", "? " + words.text(1) + ' ' + words.rest(2));
            default -> throw words.unexpected(null);
        };
    }

    /** Returns a refusal as a scenario writes it. */
    static Map<String, Object> refused(String errno, String at) {
        Map<String, Object> refused = new LinkedHashMap<>();
        refused.put("err", errno);
        refused.put("at", at);
        return refused;
    }

    /** Returns where the guest has a module, {@code built-in}, or null. */
    @Nullable
    String findModule(String module) throws IOException {
        AnswerLine answer = ask("F " + module);
        return !answer.isOk() ? null : answer.word(1).equals("built-in") ? answer.word(1) : answer.text(1);
    }

    /**
     * Loads a module and returns {@code ok} or {@code err ERRNO}.
     *
     * @throws IOException also if the file is packed and the kernel has no way to unpack it
     */
    String load(String path) throws IOException {
        String answer = ask("M " + hex(path)).line();
        if (answer.equals("err EOPNOTSUPP") && !path.endsWith(".ko")) {
            throw new IOException(path.substring(path.lastIndexOf('/') + 1)
                    + ": this kernel does not unpack modules (unpack the file, for example by xz -d)");
        }
        return answer;
    }

    /** Unloads a module and returns {@code ok} or {@code err ERRNO}. */
    String unload(String module) throws IOException {
        return ask("U " + module).line();
    }

    /** Runs a shell command and returns its end in the form that scenarios have. */
    Map<String, Object> shell(String command, long timeoutMillis) throws IOException {
        AnswerLine answer = begin("S " + timeoutMillis + ' ' + hex(command), timeoutMillis).next();
        if (!answer.isOk()) {
            throw new IOException("the guest cannot start a process: " + answer.refusal().errno());
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("status", answer.number(1));
        result.put("killed", answer.number(2));
        result.put("out", answer.text(3));
        return result;
    }

    /** Starts a write that nobody waits for. */
    void writeApart(String path, String data) throws IOException {
        ask("A " + hex(path) + ' ' + hex(data));
    }

    /** Lets time pass in the guest. */
    void sleep(long millis) throws IOException {
        begin("Z " + millis, millis).next();
    }

    /**
     * Waits until the kernel has been silent for a while.
     *
     * @param uevents takes each event: its header, then its variables without SEQNUM
     * @param log takes each line of the kernel's log
     */
    void awaitQuiet(int quietMillis, int limitMillis, List<Object> uevents, List<Object> log) throws IOException {
        Answer lines = begin("Q " + quietMillis + ' ' + limitMillis, limitMillis);
        for (AnswerLine answer = lines.next(); !answer.isOk(); answer = lines.next()) {
            switch (answer.word(0)) {
                case "u" -> uevents.add(List.of(SEQNUM.matcher(answer.text(1)).replaceFirst("").split("\0")));
                case "k" -> log.add(unescaped(answer.text(1)));
                case "lost" -> throw new IOException("the guest lost events: there were more than it could keep");
                default -> throw answer.unexpected(null);
            }
        }
    }

    /** The kernel's log writes what is not printable as {@code \xNN}. */
    private static String unescaped(String record) {
        return ESCAPE.matcher(record).replaceAll(escape -> Matcher
                .quoteReplacement(String.valueOf((char) Integer.parseInt(escape.group().substring(2), 16))));
    }

    /** Powers the guest off. */
    void end() throws IOException {
        line.send("X");
    }
}

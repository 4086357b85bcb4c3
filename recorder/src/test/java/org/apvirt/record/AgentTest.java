// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AgentTest {
    /** The real process, built for this machine, on this machine's files. */
    @Nested
    class OnThisMachine {
        @TempDir
        private Path directory;

        private Process process;
        private Agent agent;

        @BeforeEach
        void start() throws IOException {
            process = new ProcessBuilder("target/check/agent").redirectError(ProcessBuilder.Redirect.INHERIT).start();
            BufferedReader in = process.inputReader(StandardCharsets.ISO_8859_1);
            Writer out = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.ISO_8859_1);
            agent = Agent.greet(new Agent.Line() {
                @Override
                public void send(String line) throws IOException {
                    out.write(line + '\n');
                    out.flush();
                }

                @Override
                public String receive(long timeoutMillis) throws IOException {
                    String line = in.readLine();
                    if (line == null) {
                        throw new IOException("the process has ended");
                    }
                    return line;
                }
            }, 10_000, 10_000);
        }

        @AfterEach
        void end() {
            process.destroyForcibly();
        }

        private String file(String name, String content) throws IOException {
            return Files.writeString(directory.resolve(name), content, StandardCharsets.ISO_8859_1).toString();
        }

        @Test
        void itGreetsWithTheReleaseOfTheKernel() {
            assertEquals(System.getProperty("os.version"), agent.release());
        }

        @Test
        void aFileIsWrittenAndReadBackByteByByte() throws IOException {
            String path = file("f", "");

            assertEquals(4L, agent.write(path, "a \u00ff\n"));
            assertEquals("a \u00ff\n", agent.read(path));
            assertEquals("a \u00ff\n", Files.readString(Path.of(path), StandardCharsets.ISO_8859_1));
        }

        @Test
        void aRefusalNamesTheErrnoAndTheCall() throws IOException {
            assertEquals(new AnswerLine.Refusal("ENOENT", "open"), agent.read(directory + "/none"));
            assertEquals(new AnswerLine.Refusal("EISDIR", "read"), agent.read(directory.toString()));
            assertEquals(new AnswerLine.Refusal("EISDIR", "open"), agent.write(directory.toString(), "1"));
            assertEquals(new AnswerLine.Refusal("EINVAL", ""), agent.link(directory.toString()));
        }

        @Test
        void aTreeListsDirectoriesFilesAndLinksInTheOrderOfTheirNames() throws IOException {
            Files.createDirectory(directory.resolve("b"));
            file("b/x", "1\n");
            file("a", "");
            Files.createSymbolicLink(directory.resolve("c"), Path.of("b/x"));
            Files.setPosixFilePermissions(directory,
                    java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(directory.resolve("b"),
                    java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
            for (String name : List.of("a", "b/x")) {
                Files.setPosixFilePermissions(directory.resolve(name),
                        java.nio.file.attribute.PosixFilePermissions.fromString("rw-r-----"));
            }

            assertEquals(List.of(List.of("d", "0755", directory.toString()),
                    List.of("f", "0640", 0L, directory + "/a", ""), List.of("d", "0700", directory + "/b"),
                    List.of("f", "0640", 2L, directory + "/b/x", "1\n"), List.of("l", directory + "/c", "b/x")),
                    agent.tree(directory.toString()));
            assertEquals(List.of(List.of("?", "? /no/such ENOENT")), agent.tree("/no/such"));
            assertEquals(List.of("a", "b", "c"), agent.names(directory.toString()));
        }

        @Test
        void rawStepsGetHandlesFromOneAndDescriptorsFromSeven() throws IOException {
            String path = file("f", "abc");
            String hex = java.util.HexFormat.of().formatHex(path.getBytes(StandardCharsets.ISO_8859_1));

            assertEquals("ok 1", agent.raw("o " + hex + " 2"));
            assertEquals("ok 2 8", agent.raw("E"));
            assertEquals("ok 2 6162", agent.raw("r 1 2"));
            assertEquals("ok 1", agent.raw("w 1 5a"));
            assertEquals("ok 0 ", agent.raw("r 1 5"));
            assertEquals("ok 3", agent.raw("H 7"));
            assertEquals("err ENOTTY 0011", agent.raw("i 1 0x1234 x0011"));
            assertEquals("ok", agent.raw("c 1"));
            assertEquals("err EBADF", agent.raw("c 1"));
            assertEquals("abZ", Files.readString(Path.of(path)));
        }

        @Test
        void aCommandRunsWithItsOutputsTogetherAndIsKilledWhenItsTimeIsOver() throws IOException {
            assertEquals(Map.of("status", 3L, "killed", 0L, "out", "one\ntwo\n"),
                    agent.shell("echo one; echo two >&2; exit 3", 10_000));
            assertEquals(Map.of("status", 137L, "killed", 1L, "out", "one\n"), agent.shell("echo one; sleep 60", 300));
        }

        @Test
        void aWriteThatBlocksDoesNotKeepTheOthersWaiting() throws Exception {
            Path fifo = directory.resolve("fifo");
            assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());

            agent.writeApart(fifo.toString(), "late");
            assertEquals(List.of("fifo"), agent.names(directory.toString()));
            assertEquals("late", agent.read(fifo.toString()));
        }

        @Test
        void aModuleThatTheKernelHasBuiltInIsToldFromOneThatIsNowhere() throws IOException {
            assertEquals("built-in", agent.findModule("printk")); // has parameters in every kernel
            assertNull(agent.findModule("no_such_module"));
        }
    }

    /** What a guest may send that is gone wrong. */
    @Nested
    class Answers {
        private static Agent answering(List<String> answers) throws IOException {
            List<String> lines = new ArrayList<>(answers);
            lines.add(0, "[    0.1] some line of the boot");
            lines.add(1, "\u0007apvirt-agent 1 6.12.0");
            return Agent.greet(new Agent.Line() {
                @Override
                public void send(String line) {}

                @Override
                public String receive(long timeoutMillis) {
                    return lines.isEmpty() ? null : lines.remove(0);
                }
            }, 1000, 1000);
        }

        @Test
        void eventsComeWithoutTheirNumberAndLogLinesWithTheirBytes() throws IOException {
            List<Object> uevents = new ArrayList<>();
            List<Object> log = new ArrayList<>();
            String event = "add@/devices/ap\0ACTION=add\0SEQNUM=17\0SUBSYSTEM=ap\0";
            String hex = java.util.HexFormat.of().formatHex(event.getBytes(StandardCharsets.ISO_8859_1));

            answering(List.of("u " + hex, "k 615c783039625c783563", "ok")).awaitQuiet(1, 1, uevents, log);

            assertEquals(List.of(List.of("add@/devices/ap", "ACTION=add", "SUBSYSTEM=ap")), uevents);
            assertEquals(List.of("a\tb\\"), log);
        }

        @Test
        void silenceIsAnErrorThatSaysWhatToDo() throws IOException {
            Agent agent = answering(List.of());

            assertEquals("the guest did not answer within 1 s (a write that blocks belongs in a write_async step)",
                    assertThrows(IOException.class, () -> agent.read("/x")).getMessage());
        }

        @Test
        void aPackedModuleThatTheKernelCannotUnpackIsAnErrorWithTheRemedy() throws IOException {
            Agent agent = answering(List.of("err EOPNOTSUPP", "err EOPNOTSUPP"));

            assertEquals("err EOPNOTSUPP", agent.load("/apvirt/a.ko"));
            assertEquals("a.ko.xz: this kernel does not unpack modules (unpack the file, for example by xz -d)",
                    assertThrows(IOException.class, () -> agent.load("/apvirt/a.ko.xz")).getMessage());
        }

        @Test
        void lostEventsAreAnError() throws IOException {
            Agent agent = answering(List.of("lost", "ok"));

            assertThrows(IOException.class, () -> agent.awaitQuiet(1, 1, new ArrayList<>(), new ArrayList<>()));
        }

        @Test
        void whateverComesIsAnAnswerOrAnErrorThatShowsIt() {
            String[] words = {"ok", "err", "d", "f", "l", "c", "?", "u", "k", "-", "", "0", "61", "6x", "!EIO", "read",
                    "99999999999999999999"};
            Random random = new Random(42);
            for (int round = 0; round < 20_000; round++) {
                List<String> lines = new ArrayList<>();
                for (int line = 0; line < 3; line++) {
                    StringBuilder text = new StringBuilder();
                    for (int word = random.nextInt(6); word >= 0; word--) {
                        text.append(words[random.nextInt(words.length)]).append(word == 0 ? "" : " ");
                    }
                    lines.add(text.toString());
                }
                try {
                    Agent agent = answering(lines);
                    switch (round % 7) {
                        case 0 -> agent.read("/x");
                        case 1 -> agent.write("/x", "y");
                        case 2 -> agent.tree("/x");
                        case 3 -> agent.shell("x", 1);
                        case 4 -> agent.findModule("x");
                        case 5 -> agent.names("/x");
                        default -> agent.awaitQuiet(1, 1, new ArrayList<>(), new ArrayList<>());
                    }
                } catch (IOException e) {
                    assertTrue(e.getMessage().startsWith("the guest "), e.getMessage());
                } catch (UncheckedIOException e) {
                    throw new AssertionError(lines.toString(), e);
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.host.HostFiles;
import org.apvirt.zcrypt.ZcryptIoctl;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The one program of the recorder's own that asks for something of AP: {@code icatest}, which has {@code /dev/z90crypt} do
 * RSA. {@code icatest me LENGTH DATA EXPONENT MODULUS}, {@code icatest crt LENGTH DATA P Q DP DQ U}: the length in bytes,
 * numbers in hexadecimal. It prints {@code ok RESULT} and ends with 0, or {@code err ERRNO} and ends with 1.
 */
final class RsaProgram {
    private static final String NAME = "icatest";
    private static final String DEVICE = "/dev/z90crypt";
    private static final int MODEXPO_BYTES = 48;
    private static final int CRT_BYTES = 72;
    private static final int CRT_PAD = 8; // bytes before dp, p and u

    private static final IoctlArgument.FileTable NO_FILES = new IoctlArgument.FileTable() {
        @Override
        public @Nullable OpenFile file(int fd) {
            return null;
        }

        @Override
        public int install(OpenFile file) {
            throw new IllegalStateException("RSA makes no file");
        }
    };

    private final HostFiles files;

    RsaProgram(HostFiles files) {
        this.files = files;
    }

    /** Tells whether a command line runs the program, and the recorder had it. */
    static boolean isRunBy(Scenario.Step step) {
        return step.action() instanceof Action.Shell shell && shell.command().startsWith(NAME + ' ')
                && step.expected().get("result") instanceof Map<?, ?> output
                && !"127".equals(String.valueOf(output.get("status")));
    }

    /** Runs a command line; the output is what a scenario has of a program. */
    Map<String, Object> run(String command) {
        List<String> words = new ArrayList<>(Arrays.asList(command.split(" ")));
        words.removeIf(word -> word.startsWith("2>"));
        try {
            return output(0, "ok " + answer(words));
        } catch (ErrnoException e) {
            return output(1, "err " + e.errno());
        }
    }

    private static Map<String, Object> output(int status, String line) {
        return Map.of("status", status, "killed", 0, "out", line + '\n');
    }

    private String answer(List<String> words) throws ErrnoException {
        int length = Integer.parseInt(words.get(2));
        boolean crt = words.get(1).equals("crt");
        int structure = crt ? CRT_BYTES : MODEXPO_BYTES;
        List<byte[]> parts = new ArrayList<>(
                List.of(new byte[structure], bytes(words.get(3), length), new byte[length]));
        if (crt) {
            int half = (length + 1) / 2;
            for (int[] part : new int[][]{{6, CRT_PAD}, {7, 0}, {4, CRT_PAD}, {5, 0}, {8, CRT_PAD}}) {
                parts.add(bytes(words.get(part[0]), half + part[1]));
            }
        } else {
            parts.add(bytes(words.get(4), length));
            parts.add(bytes(words.get(5), length));
        }
        ByteBuffer buffer = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
        parts.forEach(buffer::put);
        buffer.putInt(8, length).putInt(24, length);
        try (OpenFile file = files.open(DEVICE, true, true)) {
            file.ioctl(crt ? ZcryptIoctl.ICARSACRT : ZcryptIoctl.ICARSAMODEXPO,
                    new IoctlArgument(0, buffer.array(), NO_FILES));
        }
        int output = structure + length;
        return HexFormat.of().formatHex(buffer.array(), output, output + length);
    }

    /** A number as so many bytes, of which the first are zeros. */
    private static byte[] bytes(String hex, int length) {
        byte[] number = new BigInteger(hex, 16).toByteArray();
        byte[] bytes = new byte[length];
        int count = Math.min(number.length, length);
        System.arraycopy(number, number.length - count, bytes, length - count, count);
        return bytes;
    }
}

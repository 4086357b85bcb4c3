// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Makes a class archive, and takes out of it when that was. The objects in it hold the clock of soft references, milliseconds since the boot of the
 * computer; with 0 instead, these references count as old, as they do in each archive that is older than the computer's last boot.
 * All else is the same in each archive that is made of the same classes. The checksums of the file are made anew.
 */
public final class ArchiveTimes {
    private static final int CHECKSUM = 4; // where that of the header is
    private static final int HEADER_SIZE = 12; // behind it begins what is summed
    private static final int REGION_WORDS = 6; // checksum, read-only, executable, of objects, of bits, mapped
    private static final int PAGE = 4096;

    private final ByteBuffer archive;
    private final int header;

    private ArchiveTimes(byte[] bytes) throws IOException {
        archive = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header = archive.getInt(HEADER_SIZE);
        if (header < PAGE / 8 || header > PAGE || archive.getInt(CHECKSUM) != checksum(HEADER_SIZE + 4, header)) {
            throw new IOException("the header of the class archive is not what is known of JDK 25");
        }
    }

    /**
     * Makes an archive.
     *
     * @param arguments the file, and the command that makes it
     * @throws IOException the command failed, or the file is no archive as JDK 25 writes them
     */
    public static void main(String... arguments) throws IOException, InterruptedException {
        Path file = Path.of(arguments[0]);
        long first = millis();
        int status = new ProcessBuilder(List.of(arguments).subList(1, arguments.length)).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException("the dump ended with status " + status);
        }
        byte[] bytes = Files.readAllBytes(file);
        new ArchiveTimes(bytes).clear(first, millis());
        Files.write(file, bytes);
    }

    /** Returns the time by the clock that the virtual machine uses: since the boot of the computer. */
    private static long millis() {
        return System.nanoTime() / 1_000_000;
    }

    private void clear(long first, long last) throws IOException {
        int region = objects();
        int start = (int) archive.getLong(region + 4 * REGION_WORDS);
        int end = start + (int) archive.getLong(region + 4 * REGION_WORDS + 16);
        Set<Long> times = new TreeSet<>();
        for (int at = start; at + 8 <= end; at += 8) {
            long value = archive.getLong(at);
            if (value >= first && value <= last) {
                times.add(value);
                archive.putLong(at, 0);
            }
        }
        if (times.isEmpty() || times.size() > 2) { // that of the start and that of the collection before the dump
            throw new IOException("the class archive has times " + times + " between " + first + " and " + last);
        }
        archive.putInt(region, checksum(start, end));
        archive.putInt(CHECKSUM, checksum(HEADER_SIZE + 4, header));
    }

    /** Returns where the header describes the region of objects, which is known by its checksum. */
    private int objects() throws IOException {
        for (int at = HEADER_SIZE + 4; at + 48 <= header; at += 8) {
            long start = archive.getLong(at + 4 * REGION_WORDS);
            long used = archive.getLong(at + 4 * REGION_WORDS + 16);
            if (archive.getInt(at + 12) == 1 && start > 0 && start % PAGE == 0 && used > 0
                    && start + used <= archive.limit()
                    && archive.getInt(at) == checksum((int) start, (int) (start + used))) {
                return at;
            }
        }
        throw new IOException("the class archive has no region of objects");
    }

    private int checksum(int start, int end) {
        CRC32 crc = new CRC32();
        crc.update(archive.array(), start, end - start);
        return (int) crc.getValue();
    }
}

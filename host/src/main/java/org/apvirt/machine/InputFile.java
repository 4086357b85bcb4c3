// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * Reads whole files that people hand in, and never more of one than it can be: the limit holds while it is read, so a
 * device or a pipe without end, or a file that grows, is refused like a file that is too long.
 */
public final class InputFile {
    /**
     * Bytes of the longest machine file, plan, scenario or list. A machine with 65,536 queues spelled out one by one has
     * 2 million, the longest recording of a kernel that we know not one.
     */
    public static final int LONGEST_DOCUMENT = 16 << 20;
    /** Bytes of the longest sysfs attribute: a page. */
    public static final int LONGEST_ATTRIBUTE = 1 << 16;
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private InputFile() {}

    /**
     * Reads a file.
     *
     * @param limit how many bytes it may have
     * @throws FileFormatException it cannot be read, or is longer
     */
    public static byte[] read(Path file, int limit) throws FileFormatException {
        if (Files.isDirectory(file)) {
            throw new FileFormatException(file.toString(), "is a directory, not a file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString(), limit);
        } catch (IOException e) {
            throw problem(file, e);
        }
    }

    /**
     * Reads a stream to its end.
     *
     * @param name what errors call it
     * @param limit how many bytes it may have
     * @throws FileFormatException it cannot be read, or is longer
     */
    public static byte[] read(InputStream in, String name, int limit) throws FileFormatException {
        try {
            byte[] bytes = in.readNBytes(limit);
            if (bytes.length == limit && in.read() >= 0) {
                throw new FileFormatException(name, "is longer than " + (limit >> 10) + " KiB, the most that is read");
            }
            return bytes;
        } catch (IOException e) {
            throw new FileFormatException(name, "cannot be read: " + reason(e));
        }
    }

    /**
     * Reads a document: UTF-8 text, {@link #LONGEST_DOCUMENT} bytes at most.
     *
     * @throws FileFormatException it cannot be read, is longer, or is no such text
     */
    public static String text(Path file) throws FileFormatException {
        return text(read(file, LONGEST_DOCUMENT), file.toString());
    }

    /**
     * Reads a document from a stream.
     *
     * @param name what errors call it
     * @throws FileFormatException it cannot be read, is longer, or is no UTF-8 text
     */
    public static String text(InputStream in, String name) throws FileFormatException {
        return text(read(in, name, LONGEST_DOCUMENT), name);
    }

    private static String text(byte[] bytes, String name) throws FileFormatException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new FileFormatException(name, "is not UTF-8 text");
        }
    }

    /** Returns what a failed access to a file was, as a message that names it once. */
    public static FileFormatException problem(Path file, IOException e) {
        String reason = reason(e);
        return new FileFormatException(file.toString(),
                e instanceof FileSystemException ? reason : "cannot be read: " + reason);
    }

    /** Returns why an access failed, in words and without the file's name, which Java has in some messages only. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "no such file";
            case AccessDeniedException denied -> "permission denied";
            case NotDirectoryException file -> "is not a directory";
            case FileSystemLoopException loop -> "is in a loop of symbolic links";
            case FileSystemException other when other.getReason() != null ->
                lower(String.valueOf(other.getReason()));
            default -> lower(String.valueOf(e.getMessage()));
        };
    }

    private static String lower(String sentence) {
        boolean word = sentence.length() > 1 && Character.isLowerCase(sentence.charAt(1));
        return word ? Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1) : sentence;
    }
}

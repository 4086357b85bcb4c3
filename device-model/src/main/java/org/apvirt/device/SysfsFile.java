// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

/**
 * An attribute file. Text is one {@code char} per byte (ISO 8859-1), so that no byte of a write is lost.
 */
public non-sealed interface SysfsFile extends SysfsNode {
    /** What {@code stat} says of every attribute: one page. */
    int PAGE = 4096;

    /** Returns the permission bits, for example 0644. */
    int mode();

    /** Returns the size that {@code stat} reports. */
    default long size() {
        return PAGE;
    }

    /**
     * Reads the whole attribute.
     *
     * @return the text with its newline, at most one page
     * @throws ErrnoException what read(2) answers
     */
    String show() throws ErrnoException;

    /**
     * Writes the attribute: the text of one write(2). All of it counts as written unless it is refused.
     *
     * @throws ErrnoException what write(2) answers
     */
    void store(String text) throws ErrnoException;

    /**
     * Writes as much of the text of one write(2) as the file takes at once; an attribute takes all.
     *
     * @return the characters taken
     * @throws ErrnoException what write(2) answers
     */
    default int write(String text) throws ErrnoException {
        store(text);
        return text.length();
    }

    /** The file was opened to be written anew (O_TRUNC); an attribute does not care. */
    default void truncate() {}
}

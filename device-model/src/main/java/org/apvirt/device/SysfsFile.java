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
}

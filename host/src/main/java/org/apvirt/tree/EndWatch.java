// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Watches whether a tar ends as one does, with a block of zeros: one that was cut off between two files looks whole otherwise. */
final class EndWatch extends FilterInputStream {
    private static final int BLOCK = 512;

    private int zeros; // at the end of what was read

    EndWatch(InputStream in) {
        super(in);
    }

    /** Tells whether it is over, and not with a block of zeros. */
    boolean isCutOff() throws IOException {
        return zeros < BLOCK && in.read() < 0;
    }

    @Override
    public int read() throws IOException {
        int each = super.read();
        if (each >= 0) {
            zeros = each == 0 ? Math.min(zeros + 1, BLOCK) : 0;
        }
        return each;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int count = super.read(into, offset, length);
        for (int i = offset; i < offset + count; i++) {
            zeros = into[i] == 0 ? Math.min(zeros + 1, BLOCK) : 0;
        }
        return count;
    }

    /** By reading, which is how zeros are seen. */
    @Override
    public long skip(long count) throws IOException {
        byte[] skipped = new byte[(int) Math.min(Math.max(count, 0), 16 * BLOCK)];
        return Math.max(read(skipped, 0, skipped.length), 0);
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}

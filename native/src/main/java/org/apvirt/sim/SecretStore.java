// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.UltravisorBlock;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The association secrets that the ultravisor keeps for a Secure Execution guest, by index. Thread-safe.
 *
 * <p>Real requests to add one are encrypted for the key of a real machine, which nobody else has; they are refused as ones
 * that cannot be decrypted. Not IBM's: a request with a version of our own, which hides nothing.
 * <pre>
 *   0   8  "asrcbM", 0, 0: as real ones begin
 *   8   4  version: 41500001
 *  12   4  length of the request: 64
 *  16   2  type of the secret: 2, association
 *  18  14  flags, reserved: zero
 *  32  32  id
 * </pre>
 */
final class SecretStore {
    /** The only type: for association. */
    static final int ASSOCIATION = 2;
    /** Length of our requests in bytes. */
    static final int REQUEST_LENGTH = 64;
    /** Length of the list that is stored at a time. */
    static final int PAGE_BYTES = 4096;

    private static final long REQUEST_MAGIC = 0x6173_7263_624d_0000L;
    private static final int OUR_VERSION = 0x4150_0001;
    private static final int REAL_VERSION = 0x0100;
    private static final int SECRET_BYTES = 32;
    private static final int LIST_HEADER = 16;
    private static final int ENTRY_BYTES = 48;

    @GuardedBy("this")
    private final SortedMap<Integer, AssociationSecret> secrets = new TreeMap<>();
    private final boolean holdsAny;
    @GuardedBy("this")
    private boolean locked;

    /**
     * A store.
     *
     * @param given those that are there from the start, numbered from 0; null: a queue can be associated with each index, and
     *     none is listed
     */
    SecretStore(@Nullable List<AssociationSecret> given) {
        holdsAny = given == null;
        List<AssociationSecret> first = given == null ? List.of() : given;
        for (int i = 0; i < first.size(); i++) {
            secrets.put(i, first.get(i));
        }
    }

    synchronized boolean holds(long index) {
        return index >= 0 && index <= 0xffff && (holdsAny || secrets.containsKey((int) index));
    }

    /** Returns them in the order of their indices, which are without gaps; null: any will do. */
    synchronized @Nullable List<AssociationSecret> all() {
        return holdsAny ? null : List.copyOf(secrets.values());
    }

    /** From now on none is added; returns the return code. */
    synchronized int lock() {
        if (locked) {
            return UltravisorBlock.SECRETS_LOCKED;
        }
        locked = true;
        return UltravisorBlock.EXECUTED;
    }

    /** Takes the first bytes of a request to add one; returns the return code. */
    synchronized int add(byte[] request) {
        ByteBuffer in = ByteBuffer.wrap(request);
        if (locked) {
            return UltravisorBlock.SECRETS_LOCKED;
        }
        if (in.getLong() != REQUEST_MAGIC) {
            return UltravisorBlock.NOT_DECRYPTED;
        }
        int version = in.getInt();
        if (version != OUR_VERSION) {
            return version == REAL_VERSION ? UltravisorBlock.NOT_DECRYPTED : UltravisorBlock.INVALID_VERSION;
        }
        if (in.getInt() != REQUEST_LENGTH) {
            return UltravisorBlock.INVALID_REQUEST_LENGTH;
        }
        if (in.getShort() != ASSOCIATION) {
            return UltravisorBlock.INVALID_SECRET;
        }
        if (in.getShort() != 0 || in.getInt() != 0 || in.getLong() != 0) {
            return UltravisorBlock.INVALID_FLAGS;
        }
        if (secrets.size() >= AssociationSecret.MOST) {
            return UltravisorBlock.SECRETS_FULL;
        }
        byte[] id = new byte[AssociationSecret.ID_BYTES];
        in.get(id);
        int index = 0;
        while (secrets.containsKey(index)) {
            index++;
        }
        secrets.put(index, AssociationSecret.of(id));
        return UltravisorBlock.EXECUTED;
    }

    /**
     * Fills a page with those from an index on.
     * <pre>
     *  0x00   2  entries in this page        0x02   2  secrets altogether
     *  0x04   2  index of the next one, 0: there is none
     *  0x10      entries: index (2), type (2), length (4), reserved (8), id (32)
     * </pre>
     * Source: Linux {@code arch/s390/include/asm/uv.h}, {@code struct uv_secret_list}.
     *
     * @return the return code
     */
    synchronized int list(int start, byte[] page) {
        ByteBuffer out = ByteBuffer.wrap(page).position(LIST_HEADER);
        int entries = 0;
        int next = 0;
        for (var secret : secrets.tailMap(start).entrySet()) {
            if (out.remaining() < ENTRY_BYTES) {
                next = secret.getKey();
                break;
            }
            out.putShort(secret.getKey().shortValue()).putShort((short) ASSOCIATION).putInt(SECRET_BYTES).putLong(0)
                    .put(secret.getValue().bytes());
            entries++;
        }
        out.putShort(0, (short) entries).putShort(2, (short) secrets.size()).putShort(4, (short) next);
        return next == 0 ? UltravisorBlock.EXECUTED : UltravisorBlock.MORE_DATA;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * The stream of a vfio_ap device that is migrated: the queues that its guest has, big-endian.
 * <pre>
 *  offset   length  field
 *   0          4    number of queues, 0..65536
 *   4          4    reserved
 *   8          8    size of the configuration, which nobody sets: reserved
 *  16 + 16i    8    queue i: general register 2 of TAPQ
 *  24 + 16i    2    its APQN: adapter, domain
 *  26 + 16i    6    reserved
 * </pre>
 * Adapters ascend, and inside an adapter domains. There is no mask of control domains.
 *
 * <p>Source: the kernel series "s390/vfio-ap: Add live guest migration support", version 4 of 2026-07-07: posted, not merged.
 */
public final class MigrationData {
    /** Bytes before the first queue. */
    static final int HEADER_LENGTH = 16;
    /** Bytes of a queue. */
    static final int QUEUE_LENGTH = 16;
    /** As many queues as there are numbers. */
    static final int MOST_QUEUES = ApMask.BITS * ApMask.BITS;

    private static final int RESERVED_OFFSET = 4;
    private static final int APQN_OFFSET = 8;
    private static final int QUEUE_RESERVED_OFFSET = 10;

    private MigrationData() {}

    /** Returns the length of the stream of so many queues, in bytes. */
    static int length(int queues) {
        return HEADER_LENGTH + queues * QUEUE_LENGTH;
    }

    /** Returns the stream of some queues. */
    static byte[] store(List<MigratedQueue> queues) {
        ByteBuffer block = ByteBuffer.allocate(length(queues.size())).putInt(0, queues.size());
        for (int i = 0; i < queues.size(); i++) {
            MigratedQueue queue = queues.get(i);
            block.putLong(length(i), queue.hardware().value())
                    .putShort(length(i) + APQN_OFFSET, (short) queue.apqn().qid());
        }
        return block.array();
    }

    /**
     * Returns how long a stream is that begins like this.
     *
     * @param header at least {@link #HEADER_LENGTH} bytes
     * @throws ErrnoException EINVAL: more queues than there can be
     */
    static int announced(byte[] header) throws ErrnoException {
        int queues = ByteBuffer.wrap(header).getInt(0);
        if (queues < 0 || queues > MOST_QUEUES) {
            throw new ErrnoException(Errno.EINVAL, "the stream announces " + Integer.toUnsignedString(queues)
                    + " queues, more than " + MOST_QUEUES);
        }
        return length(queues);
    }

    /**
     * Reads a stream.
     *
     * <p>Differs from the posted code, which takes what it finds: a reserved field that is not 0 is refused, so that a later form of
     * the stream is not taken for this one; and so is an order that does not ascend, in which a queue could be there twice.
     *
     * @param stream as long as it announces
     * @throws ErrnoException EINVAL: another length; reserved fields; the order
     */
    static List<MigratedQueue> load(byte[] stream) throws ErrnoException {
        if (stream.length < HEADER_LENGTH || stream.length != announced(stream)) {
            throw new ErrnoException(Errno.EINVAL,
                    "the stream has " + stream.length + " bytes, which is no list of queues");
        }
        ByteBuffer block = ByteBuffer.wrap(stream);
        if (block.getInt(RESERVED_OFFSET) != 0 || block.getLong(RESERVED_OFFSET + 4) != 0) {
            throw new ErrnoException(Errno.EINVAL, "the header of the stream has reserved fields that are not 0");
        }
        List<MigratedQueue> queues = new ArrayList<>();
        int last = -1;
        for (int at = HEADER_LENGTH; at < stream.length; at += QUEUE_LENGTH) {
            int qid = block.getShort(at + APQN_OFFSET) & 0xffff;
            Apqn apqn = Apqn.ofQid(qid);
            if (block.getShort(at + QUEUE_RESERVED_OFFSET) != 0 || block.getInt(at + QUEUE_RESERVED_OFFSET + 2) != 0) {
                throw new ErrnoException(Errno.EINVAL,
                        "queue " + apqn + " of the stream has reserved fields that are not 0");
            }
            if (qid <= last) {
                throw new ErrnoException(Errno.EINVAL,
                        "queue " + apqn + " of the stream does not follow " + Apqn.ofQid(last));
            }
            queues.add(new MigratedQueue(apqn, new ApHardwareInfo(block.getLong(at))));
            last = qid;
        }
        return queues;
    }

    /**
     * Returns adapters and usage domains of some queues.
     *
     * <p>Differs from the posted code, which gives the guest the whole product: a list that is none is refused, because the
     * guest would get queues that it did not have and that nobody compared.
     *
     * @throws ErrnoException EINVAL: they are not each adapter with each domain
     */
    static ApMatrix matrix(List<MigratedQueue> queues) throws ErrnoException {
        ApMask apm = ApMask.NONE;
        ApMask aqm = ApMask.NONE;
        for (MigratedQueue queue : queues) {
            apm = apm.with(queue.apqn().apid());
            aqm = aqm.with(queue.apqn().apqi());
        }
        if (apm.ids().count() * aqm.ids().count() != queues.size()) {
            throw new ErrnoException(Errno.EINVAL, "the queues of the stream are not each adapter with each domain");
        }
        return new ApMatrix(apm, aqm, ApMask.NONE);
    }
}

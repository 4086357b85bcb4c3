// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.z90crypt.ZcryptDevice.QueueStatus;
import org.apvirt.zcrypt.ZcryptIoctl;

/** What a {@link ZcryptDevice} tells of the cards. Each method is one ioctl; its errno: EPERM if the node forbids it. */
public final class CardStatus {
    /** Kind of a card that is offline. */
    public static final int OFFLINE = 0x0d;

    private final ZcryptPort port;

    CardStatus(ZcryptPort port) {
        this.port = port;
    }

    /** Returns the queues that the host's drivers have, in order of their numbers. */
    public List<QueueStatus> queues() throws ErrnoException {
        ZcryptArgument words = ask(ZcryptIoctl.ZCRYPT_DEVICE_STATUS, 4 * ZcryptIoctl.CARDS * ZcryptIoctl.CARDS);
        List<QueueStatus> queues = new ArrayList<>();
        for (int i = 0; i < ZcryptIoctl.CARDS * ZcryptIoctl.CARDS; i++) {
            int word = words.structure().getInt(4 * i);
            if (word != 0) {
                queues.add(new QueueStatus(Apqn.ofQid(word >>> 8), word >>> 24, (word & 0x80) != 0, word >> 1 & 0x3f));
            }
        }
        return queues;
    }

    /** Returns one byte per adapter: the kind of a card with a queue in the default domain, {@link #OFFLINE}, or 0. */
    public byte[] kinds() throws ErrnoException {
        return ask(ZcryptIoctl.ZCRYPT_STATUS_MASK, ZcryptIoctl.CARDS).structure().array();
    }

    /** Returns one byte per adapter: requests that wait or are worked on in the default domain. */
    public byte[] depths() throws ErrnoException {
        return ask(ZcryptIoctl.ZCRYPT_QDEPTH_MASK, ZcryptIoctl.CARDS).structure().array();
    }

    /** Returns one number per adapter: requests so far in the default domain, unsigned. */
    public int[] requestCounts() throws ErrnoException {
        int[] counts = new int[ZcryptIoctl.CARDS];
        ask(ZcryptIoctl.ZCRYPT_PERDEV_REQCNT, 4 * ZcryptIoctl.CARDS).structure().asIntBuffer().get(counts);
        return counts;
    }

    /** Returns how many requests wait. */
    public int waiting() throws ErrnoException {
        return number(ZcryptIoctl.Z90STAT_REQUESTQ_COUNT);
    }

    /** Returns how many requests are being worked on. */
    public int pending() throws ErrnoException {
        return number(ZcryptIoctl.Z90STAT_PENDINGQ_COUNT);
    }

    /** Returns how many files are open. */
    public int openFiles() throws ErrnoException {
        return number(ZcryptIoctl.Z90STAT_TOTALOPEN_COUNT);
    }

    /** Returns the default domain, -1 if there is none. */
    public int defaultDomain() throws ErrnoException {
        return number(ZcryptIoctl.Z90STAT_DOMAIN_INDEX);
    }

    private int number(int request) throws ErrnoException {
        return ask(request, 4).structure().getInt(0);
    }

    private ZcryptArgument ask(int request, int length) throws ErrnoException {
        ZcryptArgument argument = new ZcryptArgument(length);
        port.ioctl(request, argument);
        return argument;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApBus;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The module {@code zcrypt}: the cards that the host's drivers have, class {@code zcrypt} and {@code /dev/z90crypt}.
 * Source: Linux {@code zcrypt_api.c}, {@code zcrypt_api_init}.
 */
public final class ZcryptModule {
    /** Minor number of {@code z90crypt}: handed out in order of registration, so any other is as right. */
    private static final int MINOR = 257;
    private static final String MEMPOOL_THRESHOLD = "mempool_threshold";

    private final Kernel kernel;
    private final @Nullable ApBus bus;
    private final KernelModule module;
    private final ZcryptNodes nodes;
    private final ClassDevice z90crypt;
    private final List<ZcryptCard> cards = new CopyOnWriteArrayList<>();
    private final AtomicInteger openFiles = new AtomicInteger();
    private final ZcryptTrace trace;
    private final ZcryptDispatch dispatch;
    private final ZcryptInfo info;
    private final RandomFeed randomFeed;

    @SuppressWarnings({"nullness:argument", "nullness:assignment"}) // the parts ask only for the kernel, set before
    private ZcryptModule(Kernel kernel, @Nullable ApBus bus, boolean trusted) {
        this.kernel = kernel;
        this.bus = bus;
        this.module = new KernelModule(kernel, "zcrypt", false);
        this.z90crypt = MiscDevices.create(kernel, "z90crypt", MINOR, 0600,
                () -> ZcryptFile.open(this, null));
        this.nodes = new ZcryptNodes(this);
        this.trace = new ZcryptTrace(kernel);
        this.dispatch = new ZcryptDispatch(this);
        this.info = new ZcryptInfo(this);
        this.randomFeed = new RandomFeed(this, trusted);
    }

    /** Returns the parameters of the module, unsigned numbers, with their defaults. */
    public static Map<String, Integer> parameters(Kernel kernel) {
        return kernel.has(ZcryptQuirk.MEMPOOL_THRESHOLD) ? Map.of(MEMPOOL_THRESHOLD, 5) : Map.of();
    }

    /**
     * Loads the module; it needs no AP bus.
     *
     * @param parameters values for some of {@link #parameters}
     * @throws ErrnoException EINVAL: the pool of messages would be empty
     */
    public static ZcryptModule load(Kernel kernel, @Nullable ApBus bus, Map<String, Integer> parameters)
            throws ErrnoException {
        return load(kernel, bus, parameters, true);
    }

    /**
     * Loads the module; it needs no AP bus.
     *
     * @param parameters values for some of {@link #parameters}
     * @param trusted random numbers of cards count as entropy: {@link RngCoreModule#trustsNumbers}
     * @throws ErrnoException EINVAL: the pool of messages would be empty
     */
    public static ZcryptModule load(Kernel kernel, @Nullable ApBus bus, Map<String, Integer> parameters,
            boolean trusted)
            throws ErrnoException {
        ZcryptModule zcrypt = new ZcryptModule(kernel, bus, trusted);
        Map<String, Integer> values = new TreeMap<>(parameters(kernel));
        values.putAll(parameters);
        for (Map.Entry<String, Integer> parameter : values.entrySet()) {
            if (parameter.getKey().equals(MEMPOOL_THRESHOLD) && parameter.getValue() == 0) {
                throw new ErrnoException(Errno.EINVAL, MEMPOOL_THRESHOLD + " is 0, and at least 1 is needed");
            }
            String text = Integer.toUnsignedString(parameter.getValue()) + '\n';
            zcrypt.module.addParameter(parameter.getKey(),
                    SysfsAttribute.<String>ro(parameter.getKey(), it -> it).withMode(0400).on(text));
        }
        if (kernel.has(ZcryptQuirk.HWRNG_SEED)) {
            zcrypt.module.addParameter("hwrng_seed",
                    SysfsAttribute.<KernelModule>ro("hwrng_seed", it -> "1\n").withMode(0440).on(zcrypt.module));
        }
        zcrypt.trace.add();
        kernel.addModule(zcrypt.module);
        zcrypt.nodes.add();
        zcrypt.z90crypt.add();
        zcrypt.module.tellAdded();
        return zcrypt;
    }

    /**
     * Unloads the module; no driver uses it any more.
     *
     * @throws ErrnoException EAGAIN: a program has {@code /dev/z90crypt} or another node open
     */
    public void unload() throws ErrnoException {
        if (openFiles.get() > 0) {
            throw new ErrnoException(Errno.EAGAIN, openFiles + " files of z90crypt and its further nodes are open");
        }
        nodes.remove();
        z90crypt.remove();
        trace.remove();
        kernel.removeModule(module);
        module.tellRemoved();
    }

    /** Returns the kernel. */
    public Kernel kernel() {
        return kernel;
    }

    /** Returns the AP bus, null on a machine without AP. */
    public @Nullable ApBus bus() {
        return bus;
    }

    /** Tells whether this kernel refuses requests whose lengths or tags are wrong before it sends them. */
    boolean checksRequests() {
        return kernel.has(ZcryptQuirk.CHECKS_REQUESTS);
    }

    /** Tells whether a control block arrives with the domain of its queue, whatever it named. */
    boolean namesQueueDomain() {
        return kernel.has(ZcryptQuirk.NAMES_QUEUE_DOMAIN);
    }

    /** Returns the cards, in order of binding. */
    public List<ZcryptCard> cards() {
        return cards;
    }

    /** Returns the number of open files of all nodes. */
    public AtomicInteger openFiles() {
        return openFiles;
    }

    /** Returns the trace points. */
    ZcryptTrace trace() {
        return trace;
    }

    /** Returns who sends requests. */
    public ZcryptDispatch dispatch() {
        return dispatch;
    }

    /** Returns what cards tell of themselves. */
    ZcryptInfo info() {
        return info;
    }

    RandomFeed randomFeed() {
        return randomFeed;
    }

    void add(ZcryptCard card) {
        cards.add(card);
    }

    void remove(ZcryptCard card) {
        cards.remove(card);
    }
}

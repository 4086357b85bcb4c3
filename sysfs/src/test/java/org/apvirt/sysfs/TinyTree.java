// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.Task;

/**
 * A small tree that reacts: /sys/bus/toy/devices/box → /sys/devices/toy/box, with one attribute of each kind, and a
 * parent with {@code create} and per-child {@code remove}, as mdevs have it.
 */
final class TinyTree {
    final Map<String, SysfsNode> boxes = new ConcurrentSkipListMap<>();
    final Map<String, SysfsNode> box = new ConcurrentSkipListMap<>();
    final List<String> stored = new CopyOnWriteArrayList<>();
    final AtomicInteger shown = new AtomicInteger();
    final CountDownLatch mayFinish = new CountDownLatch(1);
    final CountDownLatch waiting = new CountDownLatch(1);
    final ReentrantLock busy = new ReentrantLock();
    final AtomicInteger attempts = new AtomicInteger();
    volatile String value = "first\n";

    final SysfsDirectory root;

    TinyTree() {
        box.put("value", SysfsAttribute.<TinyTree>rw("value", tree -> tree.value, (tree, text) -> {
            tree.stored.add(text);
            tree.value = text;
        }).on(this));
        box.put("counter",
                SysfsAttribute.<TinyTree>ro("counter", tree -> tree.shown.incrementAndGet() + "\n").on(this));
        box.put("assign", SysfsAttribute.<TinyTree>wo("assign", TinyTree::assign).on(this));
        box.put("wait", SysfsAttribute.<TinyTree>wo("wait", TinyTree::await).on(this));
        box.put("interruptible", SysfsAttribute.<TinyTree>rw("interruptible", tree -> {
            tree.lock(Task::lockInterruptibly, "");
            return Task.current().command() + "\n";
        }, (tree, text) -> tree.lock(Task::lockInterruptibly, text)).on(this));
        box.put("killable", SysfsAttribute.<TinyTree>wo("killable", (tree, text) -> tree.lock(Task::lockKillably, text))
                .on(this));
        box.put("subsystem", new SysfsLink("../../../bus/toy"));
        boxes.put("box", SysfsDirectory.of(() -> box));
        boxes.put("create", SysfsAttribute.<TinyTree>wo("create", TinyTree::create).on(this));
        SysfsDirectory devices = SysfsDirectory.of(() -> Map.of("toy", SysfsDirectory.of(() -> boxes)));
        SysfsDirectory links = SysfsDirectory.of(() -> Map.of("box", new SysfsLink("../../../devices/toy/box"), "loop",
                new SysfsLink("loop"), "lost", new SysfsLink("../nowhere")));
        SysfsDirectory bus = SysfsDirectory.of(() -> Map.of("toy", SysfsDirectory.of(() -> Map.of("devices", links))));
        CharDevice node = new CharDevice(0600, 10, 196, () -> new OpenFile() {
        });
        SysfsDirectory sys = SysfsDirectory.of(() -> Map.of("devices", devices, "bus", bus));
        root = SysfsDirectory.of(() -> Map.of("sys", sys, "dev", SysfsDirectory.of(() -> Map.of("toy", node))));
    }

    private void assign(String text) throws ErrnoException {
        switch (text.strip()) {
            case "98" -> throw new ErrnoException(Errno.EADDRINUSE, "05.0004 belongs to another");
            case "99" -> throw new ErrnoException(Errno.EADDRNOTAVAIL, "05.0004 is reserved");
            case "16" -> throw new ErrnoException(Errno.EBUSY);
            case "19" -> throw new ErrnoException(Errno.ENODEV);
            case "2" -> throw new ErrnoException(Errno.ENOENT);
            default -> stored.add(text);
        }
    }

    /** Uninterruptible, as the wait for a reset. */
    private void await(String text) {
        waiting.countDown();
        boolean interrupted = false;
        while (mayFinish.getCount() > 0) {
            try {
                mayFinish.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        stored.add(text);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a lock that the test may hold. */
    private void lock(Waiting waiting, String text) throws ErrnoException {
        attempts.incrementAndGet();
        waiting.lock(busy);
        busy.unlock();
        stored.add(text);
    }

    private interface Waiting {
        void lock(Lock lock) throws ErrnoException;
    }

    private void create(String text) throws ErrnoException {
        String name = text.strip();
        SysfsNode remove = SysfsAttribute.<TinyTree>wo("remove", (tree, word) -> tree.boxes.remove(name)).on(this);
        if (boxes.putIfAbsent(name, SysfsDirectory.of(() -> Map.of("remove", remove))) != null) {
            throw new ErrnoException(Errno.EEXIST, name + " exists");
        }
    }
}

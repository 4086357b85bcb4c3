// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.SysfsTree;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The node ids that the kernel knows: which entry of the tree each one names. An id names a place and a kind, not an
 * object: the entry is computed anew at each request. An entry that was seen missing, or came back as another kind or
 * with another mode, gets a new id, so that whatever the kernel remembers of an id stays true.
 */
final class FuseNodes {
    static final long ROOT_ID = 1;

    private final SysfsTree tree;
    private final FuseNode root;
    private final ConcurrentHashMap<Long, FuseNode> byId = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Name, FuseNode> byName = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong(ROOT_ID);

    private record Name(FuseNode parent, String name) {}

    /** One id. {@code lookups} counts what the kernel holds; guarded by the map's own lock on {@code byName}. */
    static final class FuseNode {
        final long id;
        private final @Nullable FuseNode parent;
        private final String name;
        private final int mode;
        private long lookups;

        FuseNode(long id, @Nullable FuseNode parent, String name, int mode) {
            this.id = id;
            this.parent = parent;
            this.name = name;
            this.mode = mode;
        }
    }

    FuseNodes(SysfsTree tree) {
        this.tree = tree;
        root = new FuseNode(ROOT_ID, null, "", FuseAttributes.mode(tree.root()));
        byId.put(ROOT_ID, root);
    }

    /** Returns the number of ids that the kernel holds, the root's included. */
    int size() {
        return byId.size();
    }

    /** Returns the node of an id; the kernel asks only for ids that it holds. */
    FuseNode node(long id) throws ErrnoException {
        FuseNode node = byId.get(id);
        if (node == null) {
            throw new ErrnoException(Errno.ENOENT, "no node " + id);
        }
        return node;
    }

    /**
     * Returns the entry that a node names now.
     *
     * @throws ErrnoException ENOENT: it is gone, or something else is in its place
     */
    SysfsNode entry(FuseNode node) throws ErrnoException {
        SysfsNode entry = find(node);
        if (entry == null || FuseAttributes.mode(entry) != node.mode) {
            throw new ErrnoException(Errno.ENOENT);
        }
        return entry;
    }

    private @Nullable SysfsNode find(FuseNode node) {
        FuseNode parent = node.parent;
        if (parent == null) {
            return tree.root();
        }
        return find(parent) instanceof SysfsDirectory directory ? directory.child(node.name) : null;
    }

    /** Returns the node at a place if the kernel holds it, else null. */
    @Nullable
    FuseNode held(List<String> names) {
        FuseNode node = root;
        for (String name : names) {
            node = byName.get(new Name(node, name));
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    /** Tells whether the entry that a node names is still there. */
    boolean isAttached(FuseNode node) {
        SysfsNode entry = find(node);
        return entry != null && FuseAttributes.mode(entry) == node.mode;
    }

    /**
     * What a lookup found.
     *
     * @param kept the kernel need not look the name up again until it is told
     */
    record Found(FuseNode node, SysfsNode entry, boolean kept) {}

    /**
     * Looks up a name and counts the lookup.
     *
     * @throws ErrnoException ENOENT, ENOTDIR, ENAMETOOLONG
     */
    Found lookup(FuseNode parent, String name) throws ErrnoException {
        if (!(entry(parent) instanceof SysfsDirectory directory)) {
            throw new ErrnoException(Errno.ENOTDIR);
        }
        Name key = new Name(parent, name);
        SysfsNode entry;
        try {
            entry = SysfsTree.child(directory, name);
        } catch (ErrnoException e) {
            byName.remove(key); // should it come back, it is another one
            throw e;
        }
        int mode = FuseAttributes.mode(entry);
        FuseNode node = byName.compute(key, (same, known) -> {
            FuseNode current = known != null && known.mode == mode
                    ? known
                    : new FuseNode(lastId.incrementAndGet(), parent, name, mode);
            current.lookups++;
            byId.put(current.id, current);
            return current;
        });
        // Asked after the id is known: who announces a removal from now on finds it.
        return new Found(node, entry, directory.mayBeKept(name));
    }

    /** The kernel gives back lookups of an id; with the last one the id is free. */
    @SuppressWarnings("nullness:return") // null out of compute removes the key
    void forget(long id, long lookups) {
        FuseNode node = byId.get(id);
        if (node == null || node == root) {
            return;
        }
        FuseNode parent = node.parent;
        // The key is computed even when another node has the name by now: it is what the count is guarded by.
        byName.compute(new Name(parent == null ? root : parent, node.name), (same, known) -> {
            node.lookups -= lookups;
            if (node.lookups <= 0) {
                byId.remove(id, node);
                return known == node ? null : known;
            }
            return known;
        });
    }

    /** Opens what a node names. */
    OpenAttribute open(FuseNode node, boolean reading, boolean writing) throws ErrnoException {
        return tree.open(new SysfsTree.Place(names(node), entry(node)), reading, writing, () -> isAttached(node));
    }

    /** Returns the path of a node, for messages. */
    String path(FuseNode node) {
        return "/" + String.join("/", names(node));
    }

    private List<String> names(FuseNode node) {
        List<String> names = new ArrayList<>();
        for (FuseNode at = node; at != null && at != root; at = at.parent) {
            names.add(0, at.name);
        }
        return names;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.SysfsTree;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Answers the requests of one mount from a tree. Any number of threads may be in {@link #answer} at a time.
 *
 * <p>A name is cached by the kernel only if it cannot vanish while its directory is there; all others are looked up at each
 * walk, so that what a write created or removed is seen by the next one. Attributes may be cached for long, since an id never changes its own. The kernel checks permissions by them; what
 * sysfs adds to that, mode bits that bind root, is checked on open here.
 */
final class FuseServer {
    /** The most data in one write request, in bytes. More than a page, so that a long write(2) comes up short. */
    static final int MAX_WRITE = 64 * 1024;

    private static final Logger LOG = System.getLogger(FuseServer.class.getName());

    private static final int O_ACCMODE = 3;
    private static final int O_WRONLY = 1;
    private static final int ENOSYS = Errno.ENOSYS.number();
    private static final long LONG_SECONDS = 1L << 30;

    private final FuseNodes nodes;
    private final SysfsTraffic traffic;
    private final ConcurrentHashMap<Long, OpenNode> attributes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Listing> listings = new ConcurrentHashMap<>();
    private final AtomicLong lastHandle = new AtomicLong();
    private final long timeSeconds = System.currentTimeMillis() / 1000;

    private record OpenNode(FuseNodes.FuseNode node, OpenAttribute attribute) {}

    FuseServer(SysfsDirectory root, SysfsTraffic traffic) {
        this.traffic = traffic;
        nodes = new FuseNodes(new SysfsTree(root));
    }

    /** Returns how many node ids and open files the kernel holds. */
    int held() {
        return nodes.size() + attributes.size() + listings.size();
    }

    /**
     * Returns the message by which the kernel forgets a name that it keeps.
     *
     * @param names the way to the entry
     * @return its length in bytes, 0 if the kernel does not hold the name
     */
    int forgetting(List<String> names, FuseReply message) {
        FuseNodes.FuseNode parent = nodes.held(names.subList(0, names.size() - 1));
        if (parent == null || nodes.held(names) == null) {
            return 0;
        }
        message.begin(0);
        message.forgetEntry(parent.id, names.get(names.size() - 1));
        return message.finish();
    }

    /** Tells whether a request may take long: only a store may, and what it holds meanwhile. */
    static boolean mayBlock(int opcode) {
        return opcode == FuseRequest.WRITE;
    }

    /**
     * Answers a request.
     *
     * @return the length of the reply in bytes, 0 if the request wants none
     */
    int answer(FuseRequest request, FuseReply reply) {
        reply.begin(request.unique());
        try {
            if (!request.isWellFormed()) {
                reply.error(Errno.EINVAL);
            } else if (!dispatch(request, reply)) {
                return 0;
            }
        } catch (ErrnoException e) {
            reply.error(e.errno());
        } catch (RuntimeException e) {
            // A mistake of ours in one attribute must not take the mount down.
            LOG.log(Logger.Level.ERROR, "request " + request.opcode() + " on node " + request.nodeId(), e);
            reply.error(Errno.EIO);
        }
        return reply.finish();
    }

    private boolean dispatch(FuseRequest request, FuseReply reply) throws ErrnoException {
        switch (request.opcode()) {
            case FuseRequest.LOOKUP -> {
                FuseNodes.Found found = nodes.lookup(nodes.node(request.nodeId()), request.name());
                reply.entry(FuseAttributes.of(found.node().id, found.entry(), timeSeconds),
                        found.kept() ? LONG_SECONDS : 0, LONG_SECONDS);
            }
            case FuseRequest.GETATTR -> attributes(request, reply);
            case FuseRequest.SETATTR -> setAttributes(request, reply);
            case FuseRequest.READLINK -> reply.target(link(request).target());
            case FuseRequest.OPEN -> open(request, reply);
            case FuseRequest.READ -> read(request, reply);
            case FuseRequest.WRITE -> write(request, reply);
            case FuseRequest.RELEASE -> attributes.remove(request.handle());
            case FuseRequest.OPENDIR -> openDirectory(request, reply);
            case FuseRequest.READDIR -> readDirectory(request, reply);
            case FuseRequest.RELEASEDIR -> listings.remove(request.handle());
            case FuseRequest.STATFS -> reply.statfs(SysfsFile.PAGE, SysfsTree.NAME_MAX);
            case FuseRequest.FSYNC, FuseRequest.FSYNCDIR, FuseRequest.DESTROY -> {
                // Nothing is kept back that would have to be written.
            }
            case FuseRequest.INIT -> init(request, reply);
            case FuseRequest.CREATE -> reply.error(Errno.EACCES);
            case FuseRequest.SYMLINK, FuseRequest.MKNOD, FuseRequest.MKDIR, FuseRequest.UNLINK, FuseRequest.RMDIR,
                    FuseRequest.RENAME, FuseRequest.RENAME2, FuseRequest.LINK ->
                reply.error(Errno.EPERM);
            case FuseRequest.FORGET -> {
                nodes.forget(request.nodeId(), request.forgotten());
                return false;
            }
            case FuseRequest.BATCH_FORGET -> {
                request.forgottenEach(nodes::forget);
                return false;
            }
            case FuseRequest.INTERRUPT -> {
                return false; // whom it concerns the listeners know
            }
            default -> reply.error(ENOSYS); // the kernel then stops asking, or does without
        }
        return true;
    }

    private static void init(FuseRequest request, FuseReply reply) {
        if (request.initMajor() > FuseReply.MAJOR) {
            reply.version();
            return;
        }
        reply.init(request.initMaxReadahead(), request.initFlags() & FuseReply.INIT_PARALLEL_DIROPS, MAX_WRITE);
    }

    private void attributes(FuseRequest request, FuseReply reply) throws ErrnoException {
        FuseNodes.FuseNode node = nodes.node(request.nodeId());
        reply.attributes(FuseAttributes.of(node.id, nodes.entry(node), timeSeconds), LONG_SECONDS);
    }

    /** Truncation is the file's business, times change nothing. Differs from Linux: root may chmod and chown an attribute there. */
    private void setAttributes(FuseRequest request, FuseReply reply) throws ErrnoException {
        if ((request.setattrValid() & FuseRequest.SETATTR_OWNERSHIP) != 0) {
            throw new ErrnoException(Errno.EPERM, "attributes are fixed");
        }
        if ((request.setattrValid() & FuseRequest.SETATTR_SIZE) != 0
                && nodes.entry(nodes.node(request.nodeId())) instanceof SysfsFile file) {
            file.truncate();
        }
        attributes(request, reply);
    }

    private SysfsLink link(FuseRequest request) throws ErrnoException {
        if (nodes.entry(nodes.node(request.nodeId())) instanceof SysfsLink link) {
            return link;
        }
        throw new ErrnoException(Errno.EINVAL);
    }

    private void open(FuseRequest request, FuseReply reply) throws ErrnoException {
        FuseNodes.FuseNode node = nodes.node(request.nodeId());
        int access = request.openFlags() & O_ACCMODE;
        OpenAttribute open = nodes.open(node, access != O_WRONLY, access != 0);
        long handle = lastHandle.incrementAndGet();
        attributes.put(handle, new OpenNode(node, open));
        reply.opened(handle, FuseReply.OPEN_DIRECT_IO | FuseReply.OPEN_PARALLEL_WRITES);
    }

    private OpenNode opened(FuseRequest request) throws ErrnoException {
        OpenNode open = attributes.get(request.handle());
        if (open == null) {
            throw new ErrnoException(Errno.EBADF);
        }
        return open;
    }

    private void read(FuseRequest request, FuseReply reply) throws ErrnoException {
        OpenNode open = opened(request);
        boolean told = traffic != SysfsTraffic.NONE && request.offset() == 0;
        try {
            reply.filled(open.attribute.read(request.offset(), reply.room(request.size())));
            if (told) {
                traffic.read(nodes.path(open.node), null);
            }
        } catch (ErrnoException e) {
            if (told) {
                traffic.read(nodes.path(open.node), e.errno());
            }
            throw e;
        }
    }

    private void write(FuseRequest request, FuseReply reply) throws ErrnoException {
        OpenNode open = opened(request);
        ByteBuffer data = request.data();
        String text = traffic == SysfsTraffic.NONE ? "" : OpenAttribute.text(data);
        try {
            reply.written(open.attribute.write(data));
            traffic.written(nodes.path(open.node), text, null);
        } catch (ErrnoException e) {
            traffic.written(nodes.path(open.node), text, e.errno());
            throw e;
        }
    }

    /** An open directory: its names as they were when the reading started. */
    private static final class Listing {
        private final FuseNodes.FuseNode node;
        private List<String> names = List.of(); // a directory is read by one thread at a time, the kernel sees to it
        private @Nullable SysfsDirectory directory;

        Listing(FuseNodes.FuseNode node) {
            this.node = node;
        }

        void start(SysfsDirectory now) {
            List<String> all = new ArrayList<>();
            all.add(".");
            all.add("..");
            all.addAll(now.names());
            names = all;
            directory = now;
        }

        int type(String name) {
            SysfsDirectory read = directory;
            if (read == null || name.equals(".") || name.equals("..")) {
                return FuseAttributes.S_IFDIR >> 12;
            }
            SysfsNode entry = read.child(name);
            return entry == null ? 0 : FuseAttributes.mode(entry) >> 12; // 0: gone meanwhile, type unknown
        }
    }

    private void openDirectory(FuseRequest request, FuseReply reply) throws ErrnoException {
        Listing listing = new Listing(nodes.node(request.nodeId()));
        long handle = lastHandle.incrementAndGet();
        listings.put(handle, listing);
        reply.opened(handle, 0);
    }

    private void readDirectory(FuseRequest request, FuseReply reply) throws ErrnoException {
        Listing listing = listings.get(request.handle());
        if (listing == null) {
            throw new ErrnoException(Errno.EBADF);
        }
        long offset = request.offset();
        if (offset == 0) {
            if (!(nodes.entry(listing.node) instanceof SysfsDirectory directory)) {
                throw new ErrnoException(Errno.ENOTDIR);
            }
            listing.start(directory);
        }
        for (int i = (int) Math.min(offset, listing.names.size()); i < listing.names.size(); i++) {
            String name = listing.names.get(i);
            if (!reply.directoryEntry(request.size(), FuseReply.UNKNOWN_NODE, i + 1L, listing.type(name), name)) {
                break;
            }
        }
    }
}
